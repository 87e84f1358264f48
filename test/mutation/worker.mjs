import { runCLI } from 'jest'
import { fileURLToPath } from 'node:url'
import configuration from './jest.config.mjs'

/**
 * Runs a suite in this process, for `{ suite, mutants }` with each of these mutants in turn (in-place.mjs tells of them),
 * for `{ suite, alone }` with that one from the moment the suite is loaded. Ends each with `{ done, success }`.
 */
process.env.FOUND_SERVICES ??= '{}'
// With it, a suite that needs a service for some of its tests would not load.
delete process.env.REQUIRE_SERVICES
const killed = new Set()
const tell = (message) => process.send(message)
const inPlace = fileURLToPath(new URL('in-place.mjs', import.meta.url))

async function run({ suite, mutants, alone }) {
  process.env.MUTANT = alone ?? ''
  globalThis.mutation = { mutants, killed, tell }
  const config = JSON.stringify({ ...configuration, ...(mutants && { testRunner: inPlace }) })
  const options = { config, runInBand: true, runTestsByPath: true, silent: true, cache: true }
  const { results } = await runCLI({ _: [suite], $0: '', ...options }, [process.cwd()])
  const failures = results.testResults.flatMap(({ failureMessage }) => failureMessage ?? [])
  tell({ done: suite, success: results.success, failures })
}

process.on('message', ({ killed: id, ...order }) => (id === undefined ? void run(order) : killed.add(id)))
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error) => globalThis.mutation.stop?.(error))
process.on('disconnect', () => process.exit())
tell({ ready: true })
