import TestSequencer from '@jest/test-sequencer'

/** The suites that take longest, for the most part because they start processes or wait for others. */
const longest = [
  'docs/readme',
  'sessions/races/race',
  'packaging/packaging',
  'docs/site',
  'cli/migrate-from/migrated-apps',
  'newcomer/newcomer',
  'redis/race',
  'sample-app/demo',
  'sample-app/process',
  'keys/processes',
  'keys/agreement',
  'sample-app/browser/page',
  'sessions/sql/mariadb',
  'sessions/sql/postgresql',
  'linearizability/histories',
  'sessions/sql/pools',
  'newcomer/life-cycle',
  'transports/users/every-transport',
  'docs/recipe-docker',
  'sessions/races/crash',
  'sessions/races/outage',
  'redis/outage',
  'docs/coming-from',
  'issuers/hostile-key-servers',
  'docs/recipe-bundling',
  'docs/recipes',
  'transports/graphql/operations',
]

/**
 * The longest suites first, so that no worker has one left when the others are done. jest itself knows after one run of
 * them, not of a few.
 */
export default class LongestFirst extends TestSequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of jest's
    const sorted = super.sort(tests)
    const known = sorted.filter(({ duration }) => duration !== undefined)
    if (known.length > sorted.length / 2) return sorted
    const rank = ({ path }) =>
      longest.findIndex((name) => path.endsWith(`/test/${name}.spec.ts`)) + 1 || Infinity
    return sorted.toSorted((a, b) => rank(a) - rank(b) || 0)
  }
}
