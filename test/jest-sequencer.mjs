import TestSequencer from '@jest/test-sequencer'

/** The suites that take longest, for the most part because they start processes. */
const longest = [
  'docs/readme',
  'packaging/packaging',
  'newcomer/newcomer',
  'docs/site',
  'docs/coming-from',
  'cli/migrate-from/migrated-apps',
  'sample-app/demo',
  'sample-app/browser/page',
  'sample-app/process',
  'newcomer/life-cycle',
  'keys/processes',
  'sessions/races/race',
  'sessions/races/outage',
  'sessions/races/crash',
]

/** The longest suites first, so that no worker has one left when the others are done. jest itself knows after one run. */
export default class LongestFirst extends TestSequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of jest's
    const sorted = super.sort(tests)
    const isKnown = sorted.some(({ duration }) => duration !== undefined)
    if (isKnown) return sorted
    const rank = ({ path }) =>
      longest.findIndex((name) => path.endsWith(`/test/${name}.spec.ts`)) + 1 || Infinity
    return sorted.toSorted((a, b) => rank(a) - rank(b) || 0)
  }
}
