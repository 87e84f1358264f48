import type { LookUpTokensInput, LookUpTokensResult, SessionRecord } from '@nest-jwt-auth/core'
import type { Database } from './database.js'
import { type SessionRow, toRecord, type Whole } from './session-record.js'
import { sql } from './statement.js'
import { subjectKey } from './subject-key.js'

/** Two statements: about the sessions, where there are some, and about everything else. */
export async function lookUpTokens(db: Database, input: LookUpTokensInput): Promise<LookUpTokensResult> {
  const [sessions, others] = await Promise.all([findSessions(db, input), findRevoked(db, input)])
  const [generation] = others.flatMap(({ generation }) => (generation === null ? [] : Number(generation)))
  return { sessions, revoked: others.flatMap(({ jti }) => jti ?? []), generation }
}

async function findSessions(
  db: Database,
  { subject, sessionIds, now }: LookUpTokensInput,
): Promise<readonly SessionRecord[]> {
  if (sessionIds.length === 0) return []
  const rows = await db.rows<SessionRow>(sql`
    select * from jwt_auth_sessions where id in (${sessionIds}) and keep_until > ${now}`)
  return rows.map(toRecord).filter((session) => session.subject === subject)
}

interface OtherRow {
  readonly jti: string | null
  readonly generation: Whole | null
}

function findRevoked(db: Database, { subject, jtis, now }: LookUpTokensInput): Promise<readonly OtherRow[]> {
  return db.rows<OtherRow>(sql`
    select null as jti, generation from jwt_auth_subjects
    where subject_key = ${subjectKey(subject)} and keep_until > ${now}
    union all
    select jti, null from jwt_auth_revoked_tokens where jti in (${jtis}) and keep_until > ${now}`)
}
