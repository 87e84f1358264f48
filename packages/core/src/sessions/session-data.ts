import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { AuthSession, SessionRecord } from './session.js'

/** What a session keeps of the `issue` that opened it, to be merged again at each refresh. */
export interface SessionData {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly audience?: string | readonly string[] | undefined
}

/** In characters of JSON. Tokens have a bound of their own, so this one is for metadata above all. */
const MAX_DATA = 8192

/** JSON for `SessionRecord.data`. Throws `metadata_invalid` for what is no JSON object or too long. */
export function writeSessionData(from: {
  readonly claims?: Readonly<Record<string, unknown>> | null | undefined
  readonly audience?: string | readonly string[] | undefined
  readonly session?: { readonly metadata?: unknown } | undefined
}): string {
  const metadata: unknown = from.session?.metadata ?? {}
  const json = toJson({ metadata, claims: from.claims ?? {}, audience: from.audience })
  // What it is in JSON: a Date is an object, and then a text.
  const written = JSON.parse(json) as Partial<SessionData>
  if (!isPlain(written.metadata) || !isPlain(written.claims)) throw invalid('and claims must be objects')
  if (json.length > MAX_DATA)
    throw invalid(`and claims together are longer than ${MAX_DATA} characters of JSON`)
  return json
}

function toJson(data: unknown): string {
  try {
    return JSON.stringify(data)
  } catch {
    throw invalid('or claims are nothing that JSON can hold')
  }
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function readSessionData({ data }: SessionRecord): SessionData {
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
    authTime: new Date(record.authTime),
    metadata: readSessionData(record).metadata,
  })
}

function invalid(problem: string): JwtAuthUsageError {
  return new JwtAuthUsageError('metadata_invalid', `The session's metadata ${problem}.`)
}
