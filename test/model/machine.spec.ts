import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { PGlite } from '@electric-sql/pglite'
import { InMemorySessionStore, type SessionStore } from '@nest-jwt-auth/core'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { connect, ownPrefix } from '../redis/support/clients.js'
import { isFuzzing, runs } from '../security/fuzz.js'
import { onMysql, onPglite, onPostgres, onSqlite, type Scratch } from '../sessions/sql/databases.js'
import { openEmptyDatabase } from '../support/empty-database.js'
import { describeWith } from '../support/services.js'
import { type App, startProcesses, Wallet } from './app-under-test.js'
import { apply, type Call, explain, lifetimes, nothing, type State } from './machine.js'
import { batches, decide } from './plan.js'

type Batches = ReturnType<typeof batches> extends fc.Arbitrary<infer T> ? T : never

/** Tries one plan on the app, and fails where no order of the calls explains what it answered. */
async function follow({ clock, processes }: App, grace: number, planned: Batches): Promise<void> {
  const wallet = new Wallet(randomUUID())
  let states: readonly State[] = [nothing]
  let by = 0
  const history: string[] = []
  const step = async (calls: readonly Call[], by: readonly number[]) => {
    const answers = await Promise.all(
      calls.map((call, at) => wallet.call(processes[(by[at] ?? 0) % processes.length]!, call)),
    )
    const outcomes: string[] = []
    // A list may show what a login beside it has opened, so the logins have their numbers first.
    for (const isLogin of [true, false]) {
      for (const [at, answer] of answers.entries()) {
        if ((calls[at]?.do === 'login') === isLogin) outcomes[at] = answer()
      }
    }
    history.push(calls.map((call, at) => `${JSON.stringify(call)} → ${outcomes[at]}`).join('  ‖  '))
    states = explain(states, calls, outcomes, grace)
    if (states.length === 0) throw new Error(`No order of the last calls explains:\n${history.join('\n')}`)
  }
  await step([{ do: 'login', by: by++, session: 0 }], [0])
  await step([{ do: 'issue', by: by++ }], [1])
  for (const { wait, plans } of planned) {
    if (wait > 0) {
      clock.advance(wait)
      history.push(`${wait} s pass`)
      states = states.map((state) => apply(state, { do: 'wait', seconds: wait }, grace)[0])
    }
    const calls: Call[] = []
    for (const one of plans) {
      const logins = calls.filter((call) => call.do === 'login').length
      const call = decide(one, by++, logins, wallet)
      if (call !== undefined) calls.push(call)
    }
    const on = plans.map(({ process }) => process)
    await step(calls, on)
    await step([{ do: 'list' }], on)
  }
  for (const access of wallet.access.keys()) await step([{ do: 'check', access }], [access])
}

const told = { runs: 0, failures: 0, start: Date.now(), stores: {} as Record<string, number> }

afterAll(() => {
  if (!isFuzzing) return
  const { runs, failures, start, stores } = told
  const seconds = Math.round((Date.now() - start) / 1000)
  const date = new Date().toISOString().slice(0, 10)
  const evidence = { name: 'the session machine on every store', runs, failures, seconds, date, stores }
  process.stdout.write(`evidence: ${JSON.stringify(evidence)}\n`)
})

/** `share`: how much of `FUZZ_RUNS` the store gets. Over all stores it is five times that. */
function describeMachine(name: string, share: number, open: () => Promise<readonly SessionStore[]>): void {
  describe(name, () => {
    const apps: Record<number, App> = {}
    beforeAll(async () => {
      const stores = await open()
      for (const grace of [0, lifetimes.grace]) apps[grace] = await startProcesses(stores, grace)
    })

    it.each([
      ['one after the other', 1],
      ['three at a time', 3],
    ])('answers as the machine does, %s', async (_, most) => {
      const graces = fc.constantFrom(0, lifetimes.grace, lifetimes.grace)
      const property = fc.asyncProperty(graces, batches(most), (grace, planned) => {
        told.runs++
        told.stores[name] = (told.stores[name] ?? 0) + 1
        return follow(apps[grace]!, grace, planned)
      })
      const numRuns = isFuzzing ? Math.ceil((runs(0).numRuns * share) / 2) : 15
      await fc.assert(property, { numRuns }).catch((error) => {
        told.failures++
        throw error
      })
      expect(told.stores[name]).toBeGreaterThanOrEqual(numRuns)
    })
  })
}

function describeSql(name: string, share: number, make: () => Promise<Scratch>, connections = 2): void {
  let scratch: Scratch | undefined
  describeMachine(name, share, async () => {
    const place = await make()
    scratch = place
    const stores = Array.from(
      { length: connections },
      () => new SqlSessionStore({ db: place.connect(), clock: 'given' }),
    )
    await stores[0]!.migrate()
    return stores
  })
  afterAll(() => scratch?.drop())
}

describeMachine('in memory', 2.5, async () => [new InMemorySessionStore()])
// One process has one connection to a file, because a second one would block the first.
describeSql('SQLite', 0.75, onSqlite, 1)

describe('in this process', () => {
  let lite: PGlite | undefined
  describeSql('PGlite', 0.25, async () => onPglite((lite = await openEmptyDatabase())))
  afterAll(() => lite?.close())
})

describeWith('redis', 'Redis', (url) => {
  const prefix = ownPrefix(url)
  describeMachine('a server', 1, async () => {
    const clients = [await connect(url), await connect(url)]
    return clients.map((client) => new RedisSessionStore({ client, prefix, clock: 'given' }))
  })
})
describeWith('postgres', 'on a server', (url) => describeSql('PostgreSQL', 0.25, () => onPostgres(url)))
describeWith('mysql', 'on a server', (url) => describeSql('MariaDB', 0.25, () => onMysql(url)))
