import { deepEqual, equal, ok } from 'node:assert/strict'
import type { KeyDocument, KeyStore } from '../keys/rotation/key-store.js'
import type { SessionStoreCase, TestRunner } from './session-store-cases.js'

/** One promise of `KeyStore`. `run` rejects with an `AssertionError` where the store breaks it. */
export type KeyStoreCase = SessionStoreCase

type CreateStore = () => KeyStore | Promise<KeyStore>

/** Two instances of an app, whose stores keep the same document. */
type Check = (store: KeyStore, other: KeyStore) => Promise<void>

const RACERS = 20
const ROUNDS = 10

/** Versions are milliseconds at first. */
const FIRST = 1_900_000_000_000
const document = (version = FIRST, data = `{"version":${version}}`): KeyDocument => ({ version, data })

/** A document that is there when the check begins, whatever an earlier one has left. */
async function present(store: KeyStore): Promise<KeyDocument> {
  const known = await store.read()
  const next = document((known?.version ?? FIRST) + 1)
  ok(await store.replace({ document: next, replaces: known?.version }), 'the document was not replaced')
  return next
}

const CASES: Readonly<Record<string, Check>> = {
  'replace: where no document is there, or it was lost, nothing but a first one is kept': async (
    store,
    other,
  ) => {
    if ((await store.read()) !== undefined) return
    for (const replaces of [0, 1, FIRST]) {
      equal(await store.replace({ document: document(FIRST + 1), replaces }), false)
    }
    equal(await other.read(), undefined)
  },

  'replace: of many first documents at the same time one is kept': async (store, other) => {
    if ((await store.read()) !== undefined) return
    await race(store, other, undefined, FIRST)
  },

  'read: what was written': async (store) => {
    const known = await store.read()
    const written = document((known?.version ?? FIRST) + 1)
    ok(await store.replace({ document: written, replaces: known?.version }))
    deepEqual({ ...(await store.read()) }, written)
  },

  'read: another instance sees a document as soon as it is written': async (store, other) => {
    const written = await present(store)
    deepEqual({ ...(await other.read()) }, written)
  },

  'read: data comes back as it was: long, with quotes, spaces at its ends, and everything that JSON escapes':
    async (store) => {
      for (const data of [
        `  {"a":"\\"\\\\ '%d $1 ? :id"}  `,
        JSON.stringify({ long: 'x'.repeat(300_000) }),
        '""',
      ]) {
        const { version } = await present(store)
        ok(await store.replace({ document: { version: version + 1, data }, replaces: version }))
        deepEqual({ ...(await store.read()) }, { version: version + 1, data })
      }
    },

  'replace: only the document with that version': async (store, other) => {
    const written = await present(store)
    for (const replaces of [undefined, 0, written.version - 1, written.version + 1]) {
      equal(await other.replace({ document: document(written.version + 2), replaces }), false)
    }
    deepEqual({ ...(await store.read()) }, written)
    equal(await other.replace({ document: document(written.version + 2), replaces: written.version }), true)
  },

  'race: of many instances that replace the same version exactly one does': async (store, other) => {
    for (let round = 0; round < ROUNDS; round++) {
      const { version } = await present(store)
      await race(store, other, version, version + 1)
    }
  },
}

async function race(
  store: KeyStore,
  other: KeyStore,
  replaces: number | undefined,
  version: number,
): Promise<void> {
  const offered = Array.from({ length: RACERS }, (_, at) => document(version, `{"racer":${at}}`))
  const outcomes = await Promise.all(
    offered.map((next, at) => (at % 2 ? store : other).replace({ document: next, replaces })),
  )
  const winners = offered.filter((_, at) => outcomes[at] === true)
  equal(winners.length, 1)
  for (const each of [store, other]) deepEqual({ ...(await each.read()) }, winners[0])
}

/**
 * All that `KeyStore` promises, for a store of your own, on `node:assert`. `createStore` is called twice for each case, and
 * must return stores that keep the same document, which no app uses: the cases replace it. They may not run beside one
 * another on one document. Cases about the first document are skipped unless `createStore` begins with an empty one.
 */
export function keyStoreCases(createStore: CreateStore): readonly KeyStoreCase[] {
  return Object.entries(CASES).map(([name, check]) => ({
    name,
    run: async () => check(await createStore(), await createStore()),
  }))
}

/** `keyStoreCases` as tests of a runner; by default the one whose `describe` and `it` are global. */
export function describeKeyStore(
  name: string,
  createStore: CreateStore,
  runner: TestRunner = globalThis as unknown as TestRunner,
): void {
  runner.describe(name, () => {
    for (const { name: promise, run } of keyStoreCases(createStore)) runner.it(promise, run)
  })
}
