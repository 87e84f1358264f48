import 'reflect-metadata'
import { randomUUID } from 'node:crypto'
import { InMemorySessionStore } from '@nest-jwt-auth/core'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery } from 'kysely'
import { median } from './measure.mjs'
import { checkThrough, KEEP, next, NOW, openAll, openOne, pick, rotateThrough } from './sessions/calls.mjs'
import { engines } from './sessions/engines.mjs'
import { requestsWith } from './sessions/guarded-requests.mjs'
import { checkAlone, rotateAlone, statementsOf } from './sessions/statements.mjs'
import { besideTheLast, inTurns } from './sessions/turns.mjs'

const SIZES = (process.env.SESSIONS ?? '10000').split(',').map(Number)
/** Calls under way at the same time: as many as a pool has connections. */
const PARALLEL = 10
const CHOSEN = process.env.ENGINES?.split(',')
/** PGlite is for development. */
const LARGEST = { PGlite: 100_000 }

/**
 * Checks and rotations per second through each store, beside the same statement by the driver alone, in turns; and what
 * the check is of a whole request. SESSIONS: how many there are, `10000,100000,1000000` for instance; ENGINES: which.
 */
export async function sessions({ rounds, print }) {
  for (const [engine, open] of Object.entries(engines)) {
    if (CHOSEN && !CHOSEN.includes(engine)) continue
    const opened = await open().catch((error) => console.log(`\nno ${engine}: ${error.message}`))
    if (!opened) continue
    await onEngine(engine, opened, { rounds, print })
  }
  if (!CHOSEN || CHOSEN.includes('memory')) await inMemory({ rounds, print })
}

async function onEngine(engine, opened, { rounds, print }) {
  const db = opened.connect()
  const store = new SqlSessionStore({ db })
  await store.migrate()
  const statements = await statementsOf(opened)
  let filled = 0
  for (const size of SIZES.filter((count) => count <= (LARGEST[engine] ?? Infinity))) {
    const began = performance.now()
    await opened.fill(size - filled)
    filled = size
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const title = `${engine}, ${size.toLocaleString('en')} sessions`
    console.log(`\n${title}: ${await sizeOf(opened, size)}, filled in ${seconds} s`)
    const [ours, theirs] = [await openAll(store, 2000), await openAll(store, 4000)]
    const byKysely = async (text, values) => {
      const { rows, numAffectedRows } = await db.executeQuery(CompiledQuery.raw(text, values))
      return Number(numAffectedRows ?? rows.length)
    }
    const check = [
      { name: 'check', work: () => checkThrough(store, pick(ours)) },
      { name: 'its statement by Kysely', work: () => checkAlone(byKysely, statements.check, pick(theirs)) },
      { name: 'its statement alone', work: () => checkAlone(opened.bare, statements.check, pick(theirs)) },
    ]
    const rotation = [
      { name: 'rotation', work: () => rotateThrough(store, next(ours)) },
      {
        name: 'its statement by Kysely',
        work: () => rotateAlone(byKysely, statements.rotation, next(theirs)),
      },
      {
        name: 'its statement alone',
        work: () => rotateAlone(opened.bare, statements.rotation, next(theirs)),
      },
    ]
    print(`${title}: check`, await besideTheLast(check, { parallel: PARALLEL, rounds }))
    print(`${title}: rotation`, await besideTheLast(rotation, { parallel: PARALLEL, rounds }))
    await others(store, rounds, title)
  }
  if (opened.setting) await requestsWith(engine, opened.setting, { rounds, print })
  await db.destroy()
  await opened.close?.()
  await opened.drop()
}

async function inMemory({ rounds, print }) {
  for (const size of SIZES) {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    const store = new InMemorySessionStore()
    const all = await openAll(store, size)
    globalThis.gc?.()
    const bytes = process.memoryUsage().heapUsed - before
    console.log(
      `\nin memory, ${size.toLocaleString('en')} sessions: about ${Math.round(bytes / size)} bytes each`,
    )
    const work = [
      { name: 'check', work: () => checkThrough(store, pick(all)) },
      { name: 'rotation', work: () => rotateThrough(store, next(all)) },
    ]
    const samples = await inTurns(work, { parallel: PARALLEL, rounds })
    const rows = work.map(({ name }, at) => ({ name, perSecond: median(samples[at]) }))
    print(`in memory, ${size.toLocaleString('en')} sessions`, rows)
  }
}

async function sizeOf(opened, count) {
  const bytes = await opened.size()
  return `${(bytes / 2 ** 20).toFixed(0)} MiB with indexes, ${Math.round(bytes / count)} bytes each`
}

/** Milliseconds, one call at a time. */
async function others(store, rounds, title) {
  const times = {}
  const time = async (name, work) => {
    const began = performance.now()
    await work()
    ;(times[name] ??= []).push(performance.now() - began)
  }
  for (let round = 0; round < Math.max(rounds, 5); round++) {
    const opened = await openAll(store, 3)
    const { subject } = opened[0]
    const login = () => openOne(store, subject)
    await time('login', login)
    await time('login with max', () => openOne(store, subject, 3))
    await time('list', () => store.list({ subject, now: NOW }))
    await time('revokeAll', () => store.endAll({ subject, keepUntil: KEEP, now: NOW }))
    await time('logout', () => store.end({ sessionId: opened[1].id, subject: opened[1].subject, now: NOW }))
  }
  for (let past = 0; past < 500; past++)
    await store.addOneTimeToken({ jti: randomUUID(), subject: 'past', keepUntil: NOW, now: NOW })
  await time('prune of 500', () => store.prune({ now: NOW }))
  const words = Object.entries(times).map(([name, all]) => `${name} ${median(all).toFixed(1)} ms`)
  console.log(`${title}: ${words.join(', ')}`)
}
