import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, type TokenPair, TokenService } from '@nest-jwt-auth/core'
import { sessionStoreCases } from '@nest-jwt-auth/core/testing'
import { SqlKeyStore, SqlSessionStore } from '@nest-jwt-auth/sql'
import { CamelCasePlugin, CompiledQuery, type Kysely, ParseJSONResultsPlugin } from 'kysely'
import { startModule } from '../../support/adapters.js'
import { readToken, SECRET } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import { workspaceRoot } from '../../support/run.js'
import type { AnyTables, Scratch } from './databases.js'

const NOW = 1_700_000_000_000

/** The statements of the plain SQL that the package brings. */
async function plainSql(file: string): Promise<string[]> {
  const text = await readFile(join(workspaceRoot, 'packages/sql/sql', file), 'utf8')
  return text.split(/;\n+/).filter(Boolean)
}

/** All that is in a table, as text. */
async function textOf(db: Kysely<AnyTables>, table: string): Promise<string> {
  const { rows } = await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(`select * from ${table}`))
  // `String` reads a Buffer as text.
  return rows.map((row) => Object.values(row).map(String).join(' ')).join('\n')
}

/** What only stores on SQL have, on one kind of database. `file` is its plain SQL. */
export function describeTables(file: string, make: () => Promise<Scratch>): void {
  describe('its tables', () => {
    let scratch: Scratch
    const storeOf = (db = scratch.connect()) => new SqlSessionStore({ db })

    beforeEach(async () => {
      scratch = await make()
    })
    afterEach(() => scratch.drop())

    /** What `work` has written to the schema. */
    async function definitions(work: (store: SqlSessionStore) => Promise<void>): Promise<string[]> {
      const written: string[] = []
      const db = scratch.connect(({ query }) => {
        if (/^\s*(create|alter|drop|insert|update|delete)\b/.test(query.sql)) written.push(query.sql)
      })
      await work(storeOf(db))
      return written
    }

    describe('migrate', () => {
      it('does what the plain SQL says, and then nothing more', async () => {
        expect(await definitions((store) => store.migrate())).toEqual(await plainSql(file))
        expect(await definitions((store) => store.migrate())).toEqual([])
      })

      it('has nothing to do where the plain SQL was run', async () => {
        const db = scratch.connect()
        for (const statement of await plainSql(file)) await db.executeQuery(CompiledQuery.raw(statement))
        expect(await definitions((store) => store.migrate())).toEqual([])
        expect(
          (await storeOf(db).keepGeneration({ subject: 'ada', keepUntil: NOW + 1, now: NOW })) % 2 ** 20,
        ).toBe(0)
      })

      it('goes on where it was broken off', async () => {
        const db = scratch.connect()
        const half = (await plainSql(file)).slice(0, 3)
        for (const statement of half) await db.executeQuery(CompiledQuery.raw(statement))
        await storeOf(db).migrate()
        expect(
          (await storeOf(db).keepGeneration({ subject: 'ada', keepUntil: NOW + 1, now: NOW })) % 2 ** 20,
        ).toBe(0)
      })

      it('leaves tables alone that a later version has upgraded', async () => {
        const db = scratch.connect()
        await storeOf(db).migrate()
        await db.executeQuery(CompiledQuery.raw('insert into jwt_auth_schema (version) values (1000)'))
        expect(await definitions((store) => store.migrate())).toEqual([])
      })
    })

    it('are in the report, with the clock of the database', async () => {
      const store = storeOf()
      const before = Date.now()
      const missing = await store.report()
      const { needed = 0 } = missing.migrations ?? {}
      expect(needed).toBeGreaterThan(0)
      expect(missing).toMatchObject({ migrations: { done: 0 }, evicts: false, isDurable: true })
      // Whoever runs the database may have another clock, but it goes on.
      const { time = 0 } = await store.report()
      expect(time - (missing.time ?? 0)).toBeGreaterThanOrEqual(0)
      expect(Math.abs(time - before)).toBeLessThan(86_400_000)

      await store.migrate()
      expect((await store.report()).migrations).toEqual({ done: needed, needed })
      expect((await new SqlKeyStore({ db: scratch.connect() }).report()).migrations).toEqual({
        done: needed,
        needed,
      })
    })

    it('prune counts what it removes, whatever there is, and two instances share the work', async () => {
      const stores = [storeOf(), storeOf()] as const
      const [store] = stores
      await store.migrate()
      const add = (keepUntil: number) =>
        store.addOneTimeToken({ jti: randomUUID(), subject: 'ada', keepUntil, now: NOW - 1 })
      await Promise.all(Array.from({ length: 1201 }, (_, index) => add(NOW + (index % 2 ? 0 : 1))))
      await store.revokeToken({ jti: 'past', subject: 'ada', keepUntil: NOW, now: NOW - 1 })
      await store.revokeToken({ jti: 'kept', subject: 'ada', keepUntil: NOW + 1, now: NOW - 1 })
      await store.keepGeneration({ subject: 'past', keepUntil: NOW, now: NOW - 1 })
      await store.keepGeneration({ subject: 'kept', keepUntil: NOW + 1, now: NOW - 1 })
      const removed = await Promise.all(stores.map((pruning) => pruning.prune({ now: NOW })))
      expect(removed.reduce((sum, count) => sum + count)).toBe(602)
      expect(await store.prune({ now: NOW })).toBe(0)
      expect(await store.prune({ now: NOW + 1 })).toBe(603)
    })

    async function startModuleOn(db: Kysely<AnyTables>) {
      await storeOf(db).migrate()
      const sessionStore = { useFactory: () => storeOf(db) }
      return startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, sessionStore })] })
    }

    it('hold no text of a token, nor a part of one', async () => {
      const db = scratch.connect()
      const tokens = (await startModuleOn(db)).get(TokenService)
      const metadata = { device: 'Engine' }
      const textsOf = (pair: TokenPair) => [pair.accessToken, pair.refreshToken ?? '']
      const first = await tokens.issue('ada', { claims: { plan: 'basic' }, session: { metadata } })
      const second = await tokens.refresh(first.refreshToken ?? '')
      const alone = await tokens.issueAccessToken('ada')
      const issueOnce = () => tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
      const [consumed, unused] = [await issueOnce(), await issueOnce()]
      await tokens.consumeOneTimeToken('reset', consumed)
      for (const token of [second.accessToken, alone]) await tokens.revoke(token)

      const tables = (await plainSql(file)).flatMap(
        (text) => /^create table .*?(jwt_\w+)/.exec(text)?.[1] ?? [],
      )
      expect(tables).toHaveLength(6)
      const own = tables.filter((table) => table !== 'jwt_auth_keys')
      const texts = await Promise.all(own.map((table) => textOf(db, table)))
      for (const text of texts) expect(text).not.toBe('')
      const all = texts.join('\n')
      // By these they are known.
      for (const token of [first.refreshToken, second.refreshToken, second.accessToken, alone, unused]) {
        expect(all).toContain(String(readToken(token ?? '').claims['jti']))
      }
      for (const token of [...textsOf(first), ...textsOf(second), alone, consumed, unused]) {
        for (const part of token.split('.')) expect(all).not.toContain(part)
      }
    })

    it('stay within reach of the app when it is closed: the store does not close what it was given', async () => {
      const db = scratch.connect()
      const module = await startModuleOn(db)
      const { sessionId } = await module.get(TokenService).issue('ada')
      await module.close()

      const { rows } = await db.executeQuery(CompiledQuery.raw('select id from jwt_auth_sessions'))
      expect(rows).toEqual([{ id: sessionId }])
      expect(await storeOf(db).list({ subject: 'ada', now: Date.now() })).toHaveLength(1)
    })

    it('plug-ins of the instance do not reach its statements', async () => {
      const db = scratch.connect().withPlugin(new CamelCasePlugin()).withPlugin(new ParseJSONResultsPlugin())
      const store = storeOf(db)
      await store.migrate()
      const cases = sessionStoreCases(() => store).filter(({ name }) =>
        /^(data|times|rotate|generation)/.test(name),
      )
      expect(cases.length).toBeGreaterThan(10)
      for (const { run } of cases) await run()
    })

    it('without its tables it answers nothing, and the log says what to call', async () => {
      const calls: ((store: SqlSessionStore) => Promise<unknown>)[] = [
        (store) => store.lookUp({ subject: 'ada', sessionId: 'none', now: NOW }),
        (store) => store.keepGeneration({ subject: 'ada', keepUntil: NOW, now: NOW }),
        (store) => store.endAll({ subject: 'ada', keepUntil: NOW, now: NOW }),
      ]
      for (const call of calls) {
        await expect(call(storeOf())).rejects.toThrow(/Call `await store\.migrate\(\)`.*jwt_auth_/s)
      }

      const sessionStore = { useValue: storeOf() }
      const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, sessionStore })] })
      logs.clear()
      await expect(module.get(TokenService).issue('ada')).rejects.toMatchObject({
        errorCode: 'store_unavailable',
      })
      expect(logs.text('error')).toContain('store.migrate()')
    })
  })
}
