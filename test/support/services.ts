import { describe, it } from '@jest/globals'

export type Service =
  | 'postgres'
  | 'postgres-server'
  | 'mysql'
  | 'redis'
  | 'redis-server'
  | 'nats'
  | 'nats-server'
  | 'mqtt'
  | 'rabbitmq'
  | 'softhsm'
  | 'vectors'
  | 'spin'
  | 'chromium'

const found: Partial<Record<Service, string>> = JSON.parse(process.env['FOUND_SERVICES'] ?? '{}')

/** The URL or path of a service, inside a suite that needs it. */
export function serviceAt(service: Service): string {
  const location = found[service]
  if (location === undefined) throw new Error(`${service} was not found`)
  return location
}

/**
 * A suite that needs more than Node and npm. Where the service is missing the suite is skipped, and the end of the run
 * says so; with REQUIRE_SERVICES=1 it fails. `tests` gets the service's URL or path.
 */
export function describeWith(service: Service, name: string, tests: (location: string) => void): void {
  const location = found[service]
  if (location === undefined && process.env['REQUIRE_SERVICES'] === '1') {
    throw new Error(`"${name}" needs ${service}, which was not found`)
  }
  describe(name, () => {
    if (location === undefined) it.skip(`needs ${service}`, () => {})
    else tests(location)
  })
}
