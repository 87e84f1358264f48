import { services } from './services.mjs'

/** Ends the output of a run: which suites could not run on this machine and why, then the count on a line of its own. */
export default class ClosingReporter {
  onRunComplete(_contexts, results) {
    const words = [...describeLeftOut(results), countTests(results)].join('\n')
    // Jest's own summary comes after every reporter.
    process.once('exit', () => console.log(`\n${words}`))
  }
}

function describeLeftOut({ testResults }) {
  const skipped = testResults.flatMap((file) => file.testResults).filter(({ status }) => status === 'pending')
  const lines = Object.entries(services).flatMap(([name, { label, how }]) => {
    const suites = skipped.filter(({ title }) => title === `needs ${name}`)
    const names = suites.map(({ ancestorTitles }) => ancestorTitles.join(' › '))
    return names.length === 0
      ? []
      : [`  ${label} was not found, so these suites did not run: ${names.join('; ')}`, `    ${how}`]
  })
  return lines.length === 0 ? [] : ['Left out on this machine:', ...lines, '']
}

function countTests(results) {
  // A spec file that does not load has no tests to count.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
  const skipped = results.numPendingTests + results.numTodoTests
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
