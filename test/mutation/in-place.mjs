import { createRequire } from 'node:module'
import { SWITCHES } from './environment.mjs'
import { nameOf, Suite } from './suite.mjs'

/**
 * A runner for jest that loads a suite once and repeats its tests for each mutant: to load takes longer than most tests do.
 * Tells its process which mutants the suite reaches, and which of `globalThis.mutation.mutants` it kills.
 */
const require = createRequire(import.meta.url)
const circus = require.resolve('jest-circus')
const expectation = require.resolve('@jest/expect')

/** How much more often than usual a mutant may be reached: a loop without an end stops there. */
const MORE_OFTEN = 100

export default async function runInPlace(_, __, environment, runtime, path) {
  const { mutants, killed, tell } = globalThis.mutation
  const switches = environment.global[SWITCHES]
  const suite = await load(environment, runtime, path, (limit) => tell({ limit }))
  globalThis.mutation.stop = (error) => suite.stop(error)
  const { red, reached, loaded, unrepeatable } = await suite.read()
  const described = ({ test, error }) => `${nameOf(test)}\n${error?.stack ?? error}`
  tell({
    red: red.map(described),
    unrepeatable: unrepeatable.map(described),
    reached: [...reached.keys()],
    loaded,
  })
  const waiting = red.length > 0 ? [] : mutants.filter((id) => reached.has(id))
  for (const [at, id] of waiting.entries()) {
    if (killed.has(id)) continue
    const { tests, hits } = reached.get(id)
    tell({ begun: id })
    Object.assign(switches, { activeMutant: id, hitCount: 0, hitLimit: 1000 + MORE_OFTEN * hits })
    const [failure] = await suite.run(tests)
    switches.activeMutant = undefined
    // What a mutant leaves behind may fail every test after it, so the one that failed must pass without it. If it does
    // not, only the first mutant since the suite was loaded can be to blame; any other is tried again as the first.
    const isSpoiled = failure !== undefined && (await suite.run([failure.test])).length > 0
    if (isSpoiled && at > 0) tell({ left: waiting.slice(at) })
    else
      tell({ ended: id, isKilled: failure !== undefined, ...(isSpoiled && { left: waiting.slice(at + 1) }) })
    if (isSpoiled) break
  }
  return result(path)
}

async function load(environment, runtime, path, tellLimit) {
  const { getState, afterAll, afterEach, beforeAll, beforeEach, describe, it, test } =
    runtime.requireInternalModule(circus)
  const { jestExpect: expect } = runtime.requireInternalModule(expectation)
  expect.setState({ testPath: path })
  runtime.setGlobalsForRuntime({ afterAll, afterEach, beforeAll, beforeEach, describe, it, test, expect })
  await runtime.unstable_importModule(path)
  return new Suite(getState().rootDescribeBlock, environment.global[SWITCHES], tellLimit)
}

/** What jest wants to hear of a suite. */
function result(testFilePath) {
  const none = { added: 0, matched: 0, unchecked: 0, uncheckedKeys: [], unmatched: 0, updated: 0 }
  return {
    testFilePath,
    leaks: false,
    skipped: false,
    numFailingTests: 0,
    numPassingTests: 1,
    numPendingTests: 0,
    numTodoTests: 0,
    openHandles: [],
    perfStats: { start: 0, end: 0, runtime: 0, slow: false },
    snapshot: { ...none, fileDeleted: false },
    testResults: [],
  }
}
