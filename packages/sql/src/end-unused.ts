import type { Runner } from './database.js'
import type { Dialect } from './dialect.js'
import type { Whole } from './session-record.js'
import { sql, type Statement } from './statement.js'

interface Use {
  readonly id: string
  readonly last_used_at: Whole
}

/**
 * Ends the sessions of a subject that are too many: those unused the longest, never the newest. In a transaction that
 * has the subject to itself; the rows are locked too, because a refresh does not wait for the subject.
 */
export async function endUnused(
  run: Runner,
  key: string,
  newest: string,
  max: number,
  now: number,
): Promise<void> {
  const all = await run.rows<Use>(lockSessions(run.dialect, key, now))
  const others = all.filter(({ id }) => id !== newest)
  const lastUsedFirst = others.toSorted((a, b) => Number(b.last_used_at) - Number(a.last_used_at))
  for (const { id } of lastUsedFirst.slice(max - 1)) {
    await run.change(sql`delete from jwt_auth_sessions where id = ${id}`)
  }
}

function lockSessions(dialect: Dialect, key: string, now: number): Statement {
  switch (dialect) {
    case 'postgresql':
      return sql`
        select id, last_used_at from jwt_auth_sessions
        where subject_key = ${key} and keep_until > ${now} for update`
    case 'mysql': // in a small table it would rather read, and lock, all of them
      return sql`
        select id, last_used_at from jwt_auth_sessions force index (jwt_auth_sessions_subject_key)
        where subject_key = ${key} and keep_until > ${now} for update`
    case 'sqlite': // a transaction that has written has the whole database to itself
      return sql`
        select id, last_used_at from jwt_auth_sessions
        where subject_key = ${key} and keep_until > ${now}`
  }
}
