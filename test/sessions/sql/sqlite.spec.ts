import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { prepareOnce, type SqlDatabase, SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery, type Kysely } from 'kysely'
import { run } from '../../support/run.js'
import { opened, use } from './a-session.js'
import { type AnyTables, onSqlite } from './databases.js'
import { describePromises } from './describe-sql-store.js'
import { describeStarts } from './describe-starts.js'
import { describeTables } from './describe-tables.js'

const instance = fileURLToPath(new URL('start-on-sqlite.mjs', import.meta.url))

describe('SqlSessionStore on SQLite', () => {
  describePromises('keeps what a store promises', onSqlite)
  describePromises('keeps it with statements that are prepared once', () => onSqlite(prepareOnce))
  describeTables('sqlite.sql', onSqlite)

  it('says what to set where another connection holds the file', async () => {
    const scratch = await onSqlite()
    const [store, other] = [new SqlSessionStore({ db: scratch.connect() }), scratch.connect()]
    await store.migrate()
    const change = CompiledQuery.raw('update jwt_auth_schema set version = version')
    await other.transaction().execute(async (transaction) => {
      await transaction.executeQuery(change)
      await expect(store.endAll({ subject: 'ada', keepUntil: 1, now: 0 })).rejects.toThrow(/busy time-out/)
    })
    await scratch.drop()
  })

  it('a repeat that replaces data is refused if its successor is used meanwhile, and ends the session', async () => {
    const scratch = await onSqlite()
    const db = scratch.connect()
    const store = new SqlSessionStore({ db })
    await store.migrate()
    const { id: sessionId, subject, keepUntil, data: from } = await opened(store)
    await use(store, 'first', 'second')

    // As late as can be: when it was found unused, and its data is about to be replaced.
    let uses: Promise<unknown> | undefined
    const slow = before(
      db,
      /update jwt_auth_sessions set data/,
      () => (uses ??= use(store, 'second', 'third')),
    )
    const again = await new SqlSessionStore({ db: slow }).rotate({
      sessionId,
      subject,
      keepUntil,
      presented: 'first',
      mayRepeat: true,
      now: 2,
      successor: { jti: 'other', iat: 0, exp: 1000 },
      data: { from, to: '{"changed":true}' },
    })
    expect(await uses).toEqual({ kind: 'rotated' })
    expect(again).toEqual({ kind: 'reused' })
    expect(await store.list({ subject, now: 2 })).toEqual([])
    await scratch.drop()
  })

  it.each([
    { count: 49, error: { code: '40P01' }, attempts: 50, outcome: undefined },
    { count: 1000, error: { code: '40P01' }, attempts: 50, outcome: { code: '40P01' } },
    { count: 1000, error: { code: 'ER_LOCK_DEADLOCK' }, attempts: 50, outcome: { code: 'ER_LOCK_DEADLOCK' } },
    { count: 1000, error: { code: '23505' }, attempts: 1, outcome: { code: '23505' } },
  ])(
    'after $count conflicts $error it has tried $attempts times',
    async ({ count, error, attempts, outcome }) => {
      const scratch = await onSqlite()
      const db = scratch.connect()
      await new SqlSessionStore({ db }).migrate()
      let tries = 0
      const failing = before(db, /jwt_auth_revoked_tokens/, async () => {
        if (++tries <= count) throw Object.assign(new Error('conflict'), error)
      })
      const token = { jti: 'token', subject: 'ada', keepUntil: 2, now: 1 }
      const work = new SqlSessionStore({ db: failing }).revokeToken(token)
      if (outcome === undefined) await work
      else await expect(work).rejects.toMatchObject(outcome)
      expect(tries).toBe(attempts)
      await scratch.drop()
    },
  )

  it('says what is wrong where a pool reads from a replica that is behind', async () => {
    const [scratch, copy] = [await onSqlite(), await onSqlite()]
    const primary = scratch.connect()
    const store = new SqlSessionStore({ db: primary })
    await store.migrate()
    await opened(store)
    await primary.executeQuery(CompiledQuery.raw(`vacuum into '${copy.file}'`))
    await use(store, 'first', 'second')

    const split = new SqlSessionStore({ db: readingFrom(copy.connect(), primary) })
    await expect(use(split, 'first', 'third')).rejects.toThrow(/Connect to the primary/)
    expect(await use(store, 'second', 'fourth')).toEqual({ kind: 'rotated' })
    for (const one of [scratch, copy]) await one.drop()
  })

  describeStarts(onSqlite, ({ file }) => run(process.execPath, [instance, file]))
})

/** Writes to one database and reads from another, as some pools do. */
function readingFrom(replica: Kysely<AnyTables>, primary: Kysely<AnyTables>): SqlDatabase {
  const plain = primary.withoutPlugins()
  return {
    getExecutor: () => primary.getExecutor(),
    withoutPlugins: () => ({
      connection: () => plain.connection(),
      transaction: () => plain.transaction(),
      executeQuery: (query) => (query.sql.trim().startsWith('select') ? replica : plain).executeQuery(query),
    }),
  }
}

/** Does something first, each time that a statement like this comes. */
function before(db: Kysely<AnyTables>, statement: RegExp, first: () => Promise<unknown>): SqlDatabase {
  const plain = db.withoutPlugins()
  return {
    getExecutor: () => db.getExecutor(),
    withoutPlugins: () => ({
      connection: () => plain.connection(),
      transaction: () => plain.transaction(),
      executeQuery: async (query) => {
        if (statement.test(query.sql)) await first()
        return plain.executeQuery(query)
      },
    }),
  }
}
