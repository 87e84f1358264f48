import type { SessionStore } from '../sessions/store/session-store.js'
import { setTimeout } from 'node:timers/promises'
import { capCases } from './session-store-cases/cap.cases.js'
import { graceCases } from './session-store-cases/grace.cases.js'
import { generationCases } from './session-store-cases/generation.cases.js'
import { exchangeCases } from './session-store-cases/exchange.cases.js'
import { exactnessCases } from './session-store-cases/exactness.cases.js'
import { expiryCases } from './session-store-cases/expiry.cases.js'
import type { Advance, Cases } from './session-store-cases/fixture.js'
import { lookUpCases } from './session-store-cases/look-up.cases.js'
import { oneTimeCases } from './session-store-cases/one-time.cases.js'
import { raceCases } from './session-store-cases/race.cases.js'
import { revocationCases } from './session-store-cases/revocation.cases.js'
import { rotationCases } from './session-store-cases/rotation.cases.js'
import { watchCases } from './session-store-cases/watch.cases.js'

/** One promise of `SessionStore`. `run` rejects with an `AssertionError` where the store breaks it. */
export interface SessionStoreCase {
  /** The promise as a sentence, to name a test with. */
  readonly name: string
  readonly run: () => Promise<void>
}

/** What a test runner must have: Jest, Vitest, Mocha and node:test do. */
export interface TestRunner {
  describe(name: string, tests: () => void): unknown
  it(name: string, test: () => Promise<void>): unknown
}

const ALL: Cases = {
  ...rotationCases,
  ...graceCases,
  ...raceCases,
  ...revocationCases,
  ...generationCases,
  ...lookUpCases,
  ...capCases,
  ...oneTimeCases,
  ...exchangeCases,
  ...expiryCases,
  ...exactnessCases,
  ...watchCases,
}

/** Options of `sessionStoreCases` and `describeSessionStore`. */
export interface SessionStoreCasesOptions {
  /**
   * Moves the clock of a store that has its own, by at least so many milliseconds; may be async. Default: waits. A store
   * that goes by the given `now` needs none.
   */
  readonly advance?: Advance | undefined
}

/**
 * All that `SessionStore` promises, for a store of your own, on `node:assert`. `createStore` is called for each case and
 * may return the same store every time: cases have subjects and ids of their own, so they may run beside one another,
 * and beside other runs, on one database. They leave records behind that live for a day.
 */
export function sessionStoreCases(
  createStore: () => SessionStore | Promise<SessionStore>,
  { advance = wait }: SessionStoreCasesOptions = {},
): readonly SessionStoreCase[] {
  return Object.entries(ALL).map(([name, check]) => ({
    name,
    run: async () => check(await createStore(), advance),
  }))
}

/** A timer may fire a millisecond early, and a database rounds its time. */
function wait(milliseconds: number): Promise<void> {
  return setTimeout(milliseconds + 5)
}

/** `sessionStoreCases` as tests of a runner; by default the one whose `describe` and `it` are global. */
export function describeSessionStore(
  name: string,
  createStore: () => SessionStore | Promise<SessionStore>,
  runner: TestRunner = globalThis as unknown as TestRunner,
  options: SessionStoreCasesOptions = {},
): void {
  runner.describe(name, () => {
    for (const { name: promise, run } of sessionStoreCases(createStore, options)) runner.it(promise, run)
  })
}
