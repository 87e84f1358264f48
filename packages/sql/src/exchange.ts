import type { ExchangedToken } from '@nest-jwt-auth/core'
import type { Runner } from './database.js'
import { sql } from './statement.js'
import { noteRevoked } from './upserts.js'

/**
 * Revokes a token that a session replaces, unless it is revoked already or belongs to an earlier generation than
 * `current`. Returns whether it was revoked here. Runs in a transaction that holds the subject's row, and so one at a time.
 */
export async function exchange(
  run: Runner,
  { jti, generation, keepUntil }: ExchangedToken,
  current: number,
  now: number,
): Promise<boolean> {
  if (generation !== current) return false
  const revoked = await run.rows(
    sql`select 1 from jwt_auth_revoked_tokens where jti = ${jti} and keep_until > ${now}`,
  )
  if (revoked.length > 0) return false
  await noteRevoked(run, jti, keepUntil)
  return true
}
