import { JwtAuthUsageError, type UsageErrorCode } from '../errors/usage.error.js'
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

/** In characters of JSON. Mostly a limit for the metadata, because tokens have a limit of their own. */
const MAX_DATA = 8192

/** JSON for `SessionRecord.data`. If it is too long, throws `metadata_invalid` or `claims_invalid`: whichever is longer. */
export function writeSessionData(data: SessionData): string {
  const json = JSON.stringify(data)
  if (json.length <= MAX_DATA) return json
  const [path, code] = longest(data)
  throw new JwtAuthUsageError(
    code,
    `${path}: The session would keep ${json.length} characters of JSON, but at most ${MAX_DATA} are allowed for the metadata, ` +
      'the claims and the audience together. Put less into it.',
  )
}

function longest({ metadata, claims, audience }: SessionData): readonly [path: string, code: UsageErrorCode] {
  const parts = [
    { value: metadata, path: 'options.session.metadata', code: 'metadata_invalid' },
    { value: claims, path: 'options.claims', code: 'claims_invalid' },
    { value: audience, path: 'options.audience', code: 'claims_invalid' },
  ] as const
  const lengths = parts.map(({ value }) => JSON.stringify(value ?? null).length)
  const { path, code } = parts[lengths.indexOf(Math.max(...lengths))] ?? parts[0]
  return [path, code]
}

export function readSessionData(data: string): SessionData {
  return JSON.parse(data) as SessionData
}

/** The form of a session that the app gets. */
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
