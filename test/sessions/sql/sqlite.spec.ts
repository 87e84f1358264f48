import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { type SqlDatabase, SqlSessionStore } from '@nest-jwt-auth/sql'
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
