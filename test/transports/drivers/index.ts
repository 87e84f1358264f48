import type { TransportDriver } from './driver.js'
import { graphqlDrivers } from './graphql.driver.js'
import { grpcDriver } from './grpc.driver.js'
import { httpDrivers } from './http.driver.js'
import { rpcDrivers } from './rpc.driver.js'
import { wsDrivers } from './ws.driver.js'

/** Every transport that the table of tests runs over. */
export const drivers: readonly TransportDriver[] = [
  ...httpDrivers,
  ...graphqlDrivers,
  ...wsDrivers,
  ...rpcDrivers,
  grpcDriver,
]
