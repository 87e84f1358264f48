import { fileURLToPath } from 'node:url'
import { describe } from '@jest/globals'
import { run } from '../../support/run.js'
import { onSqlite } from './databases.js'
import { describePromises } from './describe-sql-store.js'
import { describeStarts } from './describe-starts.js'
import { describeTables } from './describe-tables.js'

const instance = fileURLToPath(new URL('start-on-sqlite.mjs', import.meta.url))

describe('SqlSessionStore on SQLite', () => {
  describePromises('keeps what a store promises', onSqlite)
  describeTables('sqlite.sql', onSqlite)
  describeStarts(onSqlite, ({ file }) => run(process.execPath, [instance, file]))
})
