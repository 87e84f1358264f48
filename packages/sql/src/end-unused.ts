import type { Runner } from './database.js'
import type { Dialect } from './dialect.js'
import type { Whole } from './session-record.js'
import { sql, type Statement } from './statement.js'

interface Use {
  readonly id: string
  readonly last_used_at: Whole
}

/**
 * Ends the sessions of a subject beyond `max`: those unused for the longest time, never the newest one. Returns how many.
 * Runs in a transaction that has locked the subject's row. It also locks the rows of the sessions, because a refresh does
 * not lock the subject's row.
 */
export async function endUnused(
  run: Runner,
  key: string,
  newest: string,
  max: number,
  now: number,
): Promise<number> {
  const all = await run.rows<Use>(lockSessions(run.dialect, key, now))
  const others = all.filter(({ id }) => id !== newest)
  const lastUsedFirst = others.toSorted((a, b) => Number(b.last_used_at) - Number(a.last_used_at))
  const unused = lastUsedFirst.slice(max - 1)
  for (const { id } of unused) await run.change(sql`delete from jwt_auth_sessions where id = ${id}`)
  return unused.length
}

function lockSessions(dialect: Dialect, key: string, now: number): Statement {
  switch (dialect) {
    case 'postgresql':
      return sql`
        select id, last_used_at from jwt_auth_sessions
        where subject_key = ${key} and keep_until > ${now} for update`
    case 'mysql': // without the index it may read, and so lock, all rows of a small table
      return sql`
        select id, last_used_at from jwt_auth_sessions force index (jwt_auth_sessions_subject_key)
        where subject_key = ${key} and keep_until > ${now} for update`
    case 'sqlite': // a transaction that has written holds the whole database
      return sql`
        select id, last_used_at from jwt_auth_sessions
        where subject_key = ${key} and keep_until > ${now}`
  }
}
