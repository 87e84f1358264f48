import type { RotateInput, RotateResult } from '@nest-jwt-auth/core'
import type { Changes } from './changes.js'
import type { Database } from './database.js'
import type { Dialect } from './dialect.js'
import { type SessionRow, toRecord } from './session-record.js'
import { sql, type Statement } from './statement.js'
import { subjectKey } from './subject-key.js'

/** Whose clock sets `rotated_at`, from which `reuseGrace` is measured: the database's, or the app's `Clock`. */
export type GraceClock = 'own' | 'given'

/**
 * Uses a refresh token. The rotation itself is one compare-and-set: it changes one row, or none if `presented` is not the
 * current token, or if the statement waited for a lock until after the deadline.
 */
export async function rotate(
  db: Database,
  input: RotateInput,
  clock: GraceClock,
  changes: Changes,
): Promise<RotateResult> {
  const { subject, sessionId, presented, deadline, mayRepeat, data, now } = input
  const rotatedAt = clock === 'own' ? null : now
  if ((await db.change(compareAndSet(db.dialect, input, rotatedAt))) === 1) return { kind: 'rotated' }

  const [row] = await db.rows<SessionRow>(sql`
    select kept.*, database_time() as database_time from jwt_auth_sessions as kept
    where id = ${sessionId} and subject_key = ${subjectKey(subject)} and keep_until > ${now}`)
  if (row === undefined) return { kind: 'gone' }
  // The client has received a 503 and may have tried again: then it used the token itself, and nobody stole it.
  if (deadline !== undefined && Number(row.database_time) > deadline) {
    throw new Error('The database received a rotation after its deadline, so the rotation was not done.')
  }
  const { current, parent, data: kept } = toRecord(row)
  const isRepeat = parent?.jti === presented && mayRepeat
  if (data !== undefined && data.from !== kept && (current.jti === presented || isRepeat)) {
    return { kind: 'changed', data: kept }
  }
  if (current.jti === presented) {
    throw new Error(
      'The database does not read what it has written. Connect to the primary, not to a replica.',
    )
  }
  if (isRepeat) {
    return data === undefined || (await replaceData(db, sessionId, current.jti, data))
      ? { kind: 'repeated', successor: current }
      : rotate(db, input, clock, changes)
  }
  // A used token stays used, so a change of the session since it was read makes no difference.
  await changes.endSession(db, sessionId)
  return { kind: 'reused' }
}

/** Replaces the session's data if it is still `from`. Returns whether it was. */
async function replaceData(
  db: Database,
  sessionId: string,
  currentJti: string,
  { from, to }: NonNullable<RotateInput['data']>,
): Promise<boolean> {
  const changed = await db.change(sql`
    update jwt_auth_sessions set data = ${to}
    where id = ${sessionId} and current_jti = ${currentJti} and data = ${from}`)
  return changed === 1
}

function compareAndSet(dialect: Dialect, input: RotateInput, rotatedAt: number | null): Statement {
  const { subject, sessionId, presented, successor, keepUntil, deadline = null, now } = input
  const { from = null, to = null } = input.data ?? {}
  const key = subjectKey(subject)
  const { jti, iat, exp } = successor
  if (dialect === 'postgresql') {
    // PostgreSQL evaluates conditions before it waits for the lock of a row, and again only if the row has changed.
    // So the row is locked first.
    return sql`
      with locked as materialized (
        select id from jwt_auth_sessions
        where id = ${sessionId} and current_jti = ${presented} and subject_key = ${key} and keep_until > ${now}
        for no key update)
      update jwt_auth_sessions as kept set
        current_jti = ${jti}, current_iat = ${iat * 1000}, current_exp = ${exp * 1000}, parent_jti = ${presented},
        rotated_at = coalesce(${rotatedAt}::bigint, database_time()), last_used_at = ${now},
        keep_until = ${keepUntil}, data = coalesce(${to}::text, kept.data)
      from locked
      where kept.id = locked.id and kept.current_jti = ${presented}
        and (${from}::text is null or kept.data = ${from}::text)
        and (${deadline}::bigint is null or database_time() <= ${deadline}::bigint)`
  }
  return sql`
    update jwt_auth_sessions set
      current_jti = ${jti}, current_iat = ${iat * 1000}, current_exp = ${exp * 1000}, parent_jti = ${presented},
      rotated_at = coalesce(${rotatedAt}, database_time()), last_used_at = ${now},
      keep_until = ${keepUntil}, data = coalesce(${to}, data)
    where id = ${sessionId} and current_jti = ${presented} and subject_key = ${key} and keep_until > ${now}
      and (${from} is null or data = ${from}) and (${deadline} is null or database_time() <= ${deadline})`
}
