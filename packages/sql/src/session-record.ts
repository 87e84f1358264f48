import type { SessionRecord } from '@nest-jwt-auth/core'
import { sql, type Statement } from './statement.js'
import { subjectKey } from './subject-key.js'

/** A bigint column: drivers return a string, a number or a bigint. */
export type Whole = string | number | bigint

/** A row of `jwt_auth_sessions`. Times are milliseconds. */
export interface SessionRow {
  readonly id: string
  /** JSON, because not every string can be stored as it is. */
  readonly subject: string
  readonly created_at: Whole
  readonly last_used_at: Whole
  readonly auth_time: Whole | null
  readonly ends_at: Whole | null
  readonly keep_until: Whole
  readonly current_jti: string
  readonly current_iat: Whole
  readonly current_exp: Whole
  readonly parent_jti: string | null
  readonly rotated_at: Whole | null
  readonly data: string
  /** Not a column: the time of the database's own clock, where it was asked for. */
  readonly database_time?: Whole
}

export function insertSession(session: SessionRecord): Statement {
  const { id, subject, createdAt, lastUsedAt, authTime, endsAt, keepUntil, current, parent, data } = session
  return sql`
    insert into jwt_auth_sessions
      (id, subject_key, subject, created_at, last_used_at, auth_time, ends_at, keep_until,
       current_jti, current_iat, current_exp, parent_jti, rotated_at, data)
    values
      (${id}, ${subjectKey(subject)}, ${JSON.stringify(subject)}, ${createdAt}, ${lastUsedAt}, ${authTime ?? null},
       ${endsAt ?? null}, ${keepUntil}, ${current.jti}, ${current.iat * 1000}, ${current.exp * 1000},
       ${parent?.jti ?? null}, ${parent?.rotatedAt ?? null}, ${data})`
}

export function toRecord(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    subject: JSON.parse(row.subject) as string,
    createdAt: Number(row.created_at),
    lastUsedAt: Number(row.last_used_at),
    authTime: row.auth_time === null ? undefined : Number(row.auth_time),
    endsAt: row.ends_at === null ? undefined : Number(row.ends_at),
    current: {
      jti: row.current_jti,
      iat: Number(row.current_iat) / 1000,
      exp: Number(row.current_exp) / 1000,
    },
    parent: row.parent_jti === null ? undefined : { jti: row.parent_jti, rotatedAt: Number(row.rotated_at) },
    keepUntil: Number(row.keep_until),
    data: row.data,
  }
}
