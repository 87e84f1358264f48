import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { Clock } from '../time/clock.js'
import type { VerifiedToken } from '../token/token-verifier.js'
import { generationOf } from './generation.js'
import { FewAtATime } from './few-at-a-time.js'
import { RecentChanges } from './recent-changes.js'
import type { SessionCheck } from './session-check.js'
import type { SessionChange } from './store/store-client.js'

/** Milliseconds between two looks at a subject's sessions. */
const INTERVAL = 30_000
/** The store is asked about so many subjects at the same time. */
const MAX_LOOKS = 20

export interface SessionLooksParts {
  readonly clock: Clock
  /** `undefined` in an app without sessions: nothing is ever revoked there. */
  readonly sessions: Pick<SessionCheck, 'isEnded'> | undefined
  /** Calls the listener when the records of a subject have changed. Returns a function that ends that. */
  readonly onChange: (listener: (change: SessionChange) => void) => () => void
  readonly onFailure: (error: unknown) => void
}

/** The tokens whose end is of interest. */
export interface WatchedTokens {
  subjects(): Iterable<string>
  tokensOf(subject: string): Iterable<VerifiedToken>
  /** The token is revoked, or its session has ended. */
  onRevoked(token: VerifiedToken): void
}

/** Asks the store about the tokens of a subject: in each interval, and when the subject's records have changed. */
export class SessionLooks {
  private readonly looks = new FewAtATime(MAX_LOOKS, (subject) => this.look(subject))
  private readonly recent = new RecentChanges()
  private stopListening: (() => void) | undefined
  private isOver: boolean

  constructor(
    private readonly parts: SessionLooksParts,
    private readonly watched: WatchedTokens,
  ) {
    this.isOver = parts.sessions === undefined
  }

  /** Listens for changes from the first call on. */
  begin(): void {
    if (!this.isOver) this.stopListening ??= this.parts.onChange((change) => this.onChange(change))
  }

  /** Asks as soon as possible. */
  request(subject: string): void {
    if (!this.isOver) this.looks.request(subject)
  }

  /** Between the check of this token and the call its session may have been ended. */
  requestIfChanged({ claims: { sub, sid } }: VerifiedToken): void {
    if (this.recent.concerns(sub, sid, this.parts.clock.now())) this.request(sub)
  }

  /** Each subject has its own second of the interval, so that the store is not asked about all of them at one instant. */
  nextTime(subject: string): number {
    if (this.isOver) return Infinity
    const now = this.parts.clock.now()
    const time = now - (now % INTERVAL) + secondOf(subject) * 1000
    return time > now ? time : time + INTERVAL
  }

  stop(): void {
    this.isOver = true
    this.looks.clear()
    this.stopListening?.()
    this.stopListening = undefined
  }

  private onChange(change: SessionChange): void {
    const { subject, sessionId } = change
    this.recent.add(change, this.parts.clock.now())
    for (const known of subject === undefined ? this.watched.subjects() : [subject]) {
      const tokens = [...this.watched.tokensOf(known)]
      const isMeant = ({ claims }: VerifiedToken) =>
        subject !== undefined || sessionId === undefined || claims.sid === sessionId
      if (tokens.some(isMeant)) this.request(known)
    }
  }

  /** Connections with the same token share a question. */
  private async look(subject: string): Promise<void> {
    const asked = new Map<string, VerifiedToken>()
    for (const token of this.watched.tokensOf(subject)) asked.set(keyOf(token), token)
    const look = async ([key, token]: [string, VerifiedToken]): Promise<void> => {
      if (!(await this.isEnded(token))) return
      for (const current of this.watched.tokensOf(subject)) {
        if (keyOf(current) === key) this.watched.onRevoked(current)
      }
    }
    await Promise.all([...asked].map(look))
  }

  /** While the store is unavailable, which it logs by itself, nothing is known to be revoked. */
  private async isEnded(token: VerifiedToken): Promise<boolean> {
    try {
      return (await this.parts.sessions?.isEnded(token)) ?? false
    } catch (error) {
      if (!(error instanceof JwtAuthError)) this.parts.onFailure(error)
      return false
    }
  }
}

/** Tokens without `sid` and `jti` are ended together, but only those of one generation. */
function keyOf(token: VerifiedToken): string {
  const { sid = '', jti = '' } = token.claims
  return `${sid} ${jti} ${String(generationOf(token))}`
}

function secondOf(subject: string): number {
  let hash = 0
  for (let at = 0; at < subject.length; at++) hash = (hash * 31 + subject.charCodeAt(at)) % 1_000_003
  return hash % (INTERVAL / 1000)
}
