import type { TransportDriver } from './driver.js'
import { graphqlDrivers } from './graphql.driver.js'
import { httpDrivers } from './http.driver.js'
import { wsDrivers } from './ws.driver.js'

/** Every transport that the table of tests runs over. */
export const drivers: readonly TransportDriver[] = [...httpDrivers, ...graphqlDrivers, ...wsDrivers]
