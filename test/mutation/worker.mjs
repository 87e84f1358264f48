import { runCLI } from 'jest'

/**
 * Runs suites one after the other in this process, with one mutant switched on, until one of them is red. Answers each
 * message `{ mutant, suites }` with the results of the suites that ran.
 */
const config = JSON.stringify({ ...(await import('./jest.config.mjs')).default })
process.env.FOUND_SERVICES ??= '{}'

async function run(suite) {
  globalThis.mutantsReached = []
  const started = performance.now()
  const { results } = await runCLI(
    { _: [suite], $0: '', config, runInBand: true, runTestsByPath: true, silent: true, cache: true },
    [process.cwd()],
  )
  const failures = results.testResults.flatMap(({ failureMessage }) => failureMessage ?? [])
  return {
    suite,
    green: results.success,
    failures,
    reached: globalThis.mutantsReached,
    ms: performance.now() - started,
  }
}

async function answer({ mutant = '', suites }) {
  process.env.MUTANT = mutant
  const ran = []
  for (const suite of suites) {
    ran.push(await run(suite))
    if (mutant !== '' && !ran.at(-1).green) break
  }
  process.send(ran)
}

process.on('message', (order) => void answer(order))
process.send('ready')
