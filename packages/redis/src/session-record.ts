import type { RefreshRecord, SessionRecord } from '@nest-jwt-auth/core'

/*
 * Records in Redis are words separated by spaces, the first of them keepUntil, so that scripts need no JSON.
 * A session is three lines:
 *   keepUntil, jti, iat and exp of the current token, jti of its parent, rotatedAt, lastUsedAt (a rotation changes these)
 *   until when its owner is noted, createdAt, authTime, endsAt
 *   data
 */
const NONE = '.'

export function writeSession(session: SessionRecord, ownerUntil: number): string {
  const { keepUntil, current, parent, lastUsedAt, createdAt, authTime = NONE, endsAt = NONE, data } = session
  const token = `${current.jti} ${current.iat} ${current.exp}`
  const first = `${keepUntil} ${token} ${parent?.jti ?? NONE} ${parent?.rotatedAt ?? NONE} ${lastUsedAt}`
  return `${first}\n${ownerUntil} ${createdAt} ${authTime} ${endsAt}\n${data}`
}

export function readSession(id: string, subject: string, record: string): SessionRecord {
  const second = record.indexOf('\n')
  const third = record.indexOf('\n', second + 1)
  const [keepUntil, jti, iat, exp, parent = NONE, rotatedAt, lastUsedAt] = record.slice(0, second).split(' ')
  const [, createdAt, authTime, endsAt] = record.slice(second + 1, third).split(' ')
  return {
    id,
    subject,
    createdAt: Number(createdAt),
    lastUsedAt: Number(lastUsedAt),
    authTime: authTime === NONE ? undefined : Number(authTime),
    endsAt: endsAt === NONE ? undefined : Number(endsAt),
    current: readToken(jti, iat, exp),
    parent: parent === NONE ? undefined : { jti: parent, rotatedAt: Number(rotatedAt) },
    keepUntil: Number(keepUntil),
    data: record.slice(third + 1),
  }
}

export function readToken(jti = '', iat: string | undefined, exp: string | undefined): RefreshRecord {
  return { jti, iat: Number(iat), exp: Number(exp) }
}

/** The first word of any record. */
export function keepUntilOf(record: string): number {
  return Number.parseFloat(record)
}

/** The second word of a generation's record. */
export function readGeneration(record: string): number {
  return Number(record.split(' ')[1])
}
