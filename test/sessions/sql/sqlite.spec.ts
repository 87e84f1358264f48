import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery } from 'kysely'
import { run } from '../../support/run.js'
import { onSqlite } from './databases.js'
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

  describeStarts(onSqlite, ({ file }) => run(process.execPath, [instance, file]))
})
