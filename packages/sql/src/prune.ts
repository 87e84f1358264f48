import type { Database } from './database.js'
import type { Dialect } from './dialect.js'
import { Statement } from './statement.js'

const TABLES = [
  ['jwt_auth_sessions', 'id'],
  ['jwt_auth_one_time_tokens', 'jti'],
  ['jwt_auth_revoked_tokens', 'jti'],
  ['jwt_auth_subjects', 'subject_key'],
] as const

/** Rows per statement: a few milliseconds of work. */
const BATCH = 500

/** Removes the rows past their `keep_until`, in batches. Returns how many there were. */
export async function prune(db: Database, now: number): Promise<number> {
  let removed = 0
  for (const [table, id] of TABLES) {
    const batch = new Statement(oneBatch(table, id, db.dialect), [now])
    let inBatch: number
    do {
      inBatch = await db.change(batch)
      removed += inBatch
    } while (inBatch === BATCH)
  }
  return removed
}

function oneBatch(table: string, id: string, dialect: Dialect): readonly [string, string] {
  const past = `where keep_until <= `
  const first = ` order by keep_until limit ${BATCH}`
  switch (dialect) {
    case 'postgresql': // the array makes PostgreSQL choose the rows once; rows that another instance is removing are skipped
      return [
        `delete from ${table} where ${id} = any(array(select ${id} from ${table} ${past}`,
        `${first} for update skip locked))`,
      ]
    case 'mysql':
      return [`delete from ${table} ${past}`, first]
    case 'sqlite':
      return [`delete from ${table} where ${id} in (select ${id} from ${table} ${past}`, `${first})`]
  }
}
