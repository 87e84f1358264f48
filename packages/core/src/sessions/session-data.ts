import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { AuthSession, SessionRecord } from './session.js'

/** What a session keeps of `issue` and of later refreshes, all of it plain JSON data. */
export interface SessionData {
  readonly metadata: Readonly<Record<string, unknown>>
  /** Merged again at each refresh, like `audience`. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly audience?: string | readonly string[] | undefined
  /** The idle limit in milliseconds, if this login has its own. */
  readonly idle?: number | undefined
  /** `false`: the session's cookies end with the browser. */
  readonly persistent?: boolean | undefined
}

/** In characters of JSON. Tokens have a bound of their own, so this one is for metadata above all. */
const MAX_DATA = 8192

/** JSON for `SessionRecord.data`. Throws `metadata_invalid` if it is too long. */
export function writeSessionData(data: SessionData): string {
  const json = JSON.stringify(data)
  if (json.length <= MAX_DATA) return json
  throw new JwtAuthUsageError(
    'metadata_invalid',
    `The metadata of a session and the claims that it keeps are longer than ${MAX_DATA} characters of JSON. Put less into them.`,
  )
}

export function readSessionData(data: string): SessionData {
  return JSON.parse(data) as SessionData
}

/** What an app is shown of a session. */
export function toAuthSession(record: SessionRecord): AuthSession {
  return Object.freeze({
    id: record.id,
    subject: record.subject,
    createdAt: new Date(record.createdAt),
    lastUsedAt: new Date(record.lastUsedAt),
    expiresAt: new Date(record.current.exp * 1000),
    authTime: record.authTime === undefined ? undefined : new Date(record.authTime),
    metadata: readSessionData(record.data).metadata,
  })
}
