import { deepEqual, equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { RefreshRecord, SessionRecord } from '../../sessions/session.js'
import type {
  LookUpInput,
  LookUpResult,
  RotateInput,
  RotateResult,
  SessionStore,
} from '../../sessions/store/session-store.js'

/** Moves the clock of a store that has its own. */
export type Advance = (milliseconds: number) => unknown

/** What a store promises, and the check that it holds. */
export type Cases = Readonly<Record<string, (store: SessionStore, advance: Advance) => Promise<void>>>

/** Milliseconds. A store that lets records go by its own clock finds them alive for long. */
export const NOW = Date.now()
export const HOUR = 3_600_000
export const KEEP = NOW + 24 * HOUR
/** The longest that the module allows: no machine is so slow that it passes between two calls. */
export const GRACE = 60_000

export const newSubject = (): string => `subject-${randomUUID()}`

export function newToken(at = NOW): RefreshRecord {
  const iat = Math.floor(at / 1000)
  return { jti: randomUUID(), iat, exp: iat + 12 * 3600 }
}

export function newSession(changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: randomUUID(),
    subject: newSubject(),
    createdAt: NOW,
    lastUsedAt: NOW,
    authTime: NOW - HOUR,
    endsAt: undefined,
    current: newToken(),
    parent: undefined,
    keepUntil: KEEP,
    data: '{"metadata":{},"claims":{}}',
    ...changes,
  }
}

export async function open(
  store: SessionStore,
  changes: Partial<SessionRecord> = {},
  max?: number,
): Promise<SessionRecord> {
  const session = newSession(changes)
  await store.open({ session, max, now: NOW })
  return session
}

/** How a token is used: what is left out is the usual. */
type Use = Partial<Pick<RotateInput, 'mayRepeat' | 'keepUntil' | 'successor' | 'data' | 'deadline'>> & {
  readonly at?: number
}

export function use(
  store: SessionStore,
  { id, subject }: Pick<SessionRecord, 'id' | 'subject'>,
  presented: string,
  { at = NOW, ...rest }: Use = {},
): Promise<RotateResult> {
  const usual = { mayRepeat: true, keepUntil: KEEP, successor: newToken(at) }
  return store.rotate({ ...usual, ...rest, subject, sessionId: id, presented, now: at })
}

/** Uses a token that must be the current one, and gives its successor. */
export async function rotated(
  store: SessionStore,
  session: SessionRecord,
  presented: RefreshRecord,
  how: Use = {},
): Promise<RefreshRecord> {
  const successor = how.successor ?? newToken(how.at)
  deepEqual(await use(store, session, presented.jti, { ...how, successor }), { kind: 'rotated' })
  return successor
}

/** What every store answers; some say more. */
export async function answerTo(
  store: SessionStore,
  question: Omit<LookUpInput, 'now'>,
  now = NOW,
): Promise<Pick<LookUpResult, 'session' | 'revoked' | 'generation'>> {
  const { session, revoked, generation } = await store.lookUp({ ...question, now })
  return { session, revoked, generation }
}

export async function find(
  store: SessionStore,
  { id, subject }: Pick<SessionRecord, 'id' | 'subject'>,
  now = NOW,
): Promise<SessionRecord | undefined> {
  const { session } = await store.lookUp({ subject, sessionId: id, now })
  return session
}

/** Whether a session lives, for all who can ask. */
export async function lives(
  store: SessionStore,
  session: Pick<SessionRecord, 'id' | 'subject'>,
  now = NOW,
): Promise<boolean> {
  const found = (await find(store, session, now)) !== undefined
  const listed = (await store.list({ subject: session.subject, now })).some(({ id }) => id === session.id)
  equal(listed, found, 'list and lookUp disagree')
  return found
}

export const idsOf = async (store: SessionStore, subject: string, now = NOW): Promise<Set<string>> =>
  new Set((await store.list({ subject, now })).map(({ id }) => id))

export const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))
