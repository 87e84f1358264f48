import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { Kysely, SqliteDialect } from 'kysely'
import Sqlite from 'libsql'

// An instance of an app, in a process of its own: two of them in one process would block each other.
const database = new Sqlite(process.argv[2], { timeout: 10_000 })
database.pragma('journal_mode = wal')
const db = new Kysely({ dialect: new SqliteDialect({ database }) })
const store = new SqlSessionStore({ db })
const now = 1_700_000_000_000
await store.migrate()
await store.endAll({ subject: 'ada', keepUntil: now + 1, now })
await db.destroy()
