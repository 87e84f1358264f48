import type { StoreReport } from '@nest-jwt-auth/core'
import type { Database } from './database.js'
import { versionOf } from './migrate.js'
import { migrationsFor } from './schema.js'
import type { Whole } from './session-record.js'
import { sql } from './statement.js'

const SYSTEMS = { postgresql: 'PostgreSQL', mysql: 'MySQL', sqlite: 'SQLite' } as const

/** What can be read without the tables. */
export async function report(db: Database): Promise<StoreReport> {
  const [row] = await db.rows<{ time: Whole }>(sql`select database_time() as time`)
  return {
    system: SYSTEMS[db.dialect],
    time: Number(row?.time),
    migrations: { done: await versionOf(db), needed: migrationsFor(db.dialect).length },
    evicts: false,
    isDurable: !(await isInMemory(db)),
  }
}

/** SQLite without a file. The other databases keep what they confirmed, unless their own settings say otherwise. */
async function isInMemory(db: Database): Promise<boolean> {
  if (db.dialect !== 'sqlite') return false
  const [row] = await db.rows<{ file: string | null }>(
    sql`select file from pragma_database_list where name = 'main'`,
  )
  return (row?.file ?? '') === ''
}
