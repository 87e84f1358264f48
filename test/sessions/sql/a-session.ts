import type { RotateResult, SessionRecord } from '@nest-jwt-auth/core'
import type { SqlSessionStore } from '@nest-jwt-auth/sql'

const [sessionId, subject, keepUntil] = ['session', 'ada', 1_000_000]
const newToken = (jti: string) => ({ jti, iat: 0, exp: 1000 })

/** Opens the one session of such a test. */
export async function opened(store: SqlSessionStore): Promise<SessionRecord> {
  const session = {
    id: sessionId,
    subject,
    createdAt: 0,
    lastUsedAt: 0,
    authTime: 0,
    endsAt: undefined,
    current: newToken('first'),
    parent: undefined,
    keepUntil,
    data: '{}',
  }
  await store.open({ session, now: 0 })
  return session
}

/** Rotates that session's token `presented` to one with this `jti`. */
export function use(
  store: SqlSessionStore,
  presented: string,
  jti: string,
  { deadline, now = 1 }: { deadline?: number; now?: number } = {},
): Promise<RotateResult> {
  const successor = newToken(jti)
  return store.rotate({
    sessionId,
    subject,
    keepUntil,
    presented,
    successor,
    mayRepeat: false,
    deadline,
    now,
  })
}
