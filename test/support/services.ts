import { describe, it } from '@jest/globals'

export type Service =
  'postgres' | 'postgres-server' | 'mysql' | 'redis' | 'redis-server' | 'vectors' | 'chromium'

const found: Partial<Record<Service, string>> = JSON.parse(process.env['FOUND_SERVICES'] ?? '{}')

/**
 * A suite that needs more than Node and npm. Without the service it is left out, and the run says so at its end;
 * under REQUIRE_SERVICES=1 it fails. `tests` is handed the service's URL or path.
 */
export function describeWith(service: Service, name: string, tests: (location: string) => void): void {
  const location = found[service]
  if (location === undefined && process.env['REQUIRE_SERVICES'] === '1') {
    throw new Error(`"${name}" needs ${service}, which is not to be had`)
  }
  describe(name, () => {
    if (location === undefined) it.skip(`needs ${service}`, () => {})
    else tests(location)
  })
}
