import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { Clock } from '../time/clock.js'
import type { VerifiedToken } from '../token/token-verifier.js'
import { FewAtATime } from './few-at-a-time.js'
import { RecentChanges } from './recent-changes.js'
import type { StoredSessionCheck } from './session-check.js'
import type { SessionChange } from './store/store-client.js'

/** Milliseconds between two checks of a subject's tokens. */
const INTERVAL = 30_000
/** The store is asked about so many subjects at the same time. */
const MAX_SUBJECTS = 20
/** One question to the store has so many tokens of a subject: databases limit the parameters of a statement. */
const MAX_TOKENS = 400

export interface OpenTokenChecksDependencies {
  readonly clock: Clock
  /** `undefined` in an app without sessions: there only keys can be revoked. */
  readonly sessions: Pick<StoredSessionCheck, 'findEnded'> | undefined
  /** Whether the key that signed the token still verifies tokens. */
  readonly hasKeyOf: (token: VerifiedToken) => boolean
  /** Calls the listener when the records of a subject have changed. Returns a function that ends that. */
  readonly onChange: (listener: (change: SessionChange) => void) => () => void
  readonly onFailure: (error: unknown) => void
}

/** The tokens of open connections. */
export interface OpenTokens {
  subjects(): Iterable<string>
  /** As they are now: the list does not change when connections end. */
  tokensOf(subject: string): readonly VerifiedToken[]
  /** The token or its key is revoked, or its session has ended. */
  onRevoked(token: VerifiedToken): void
}

/**
 * Checks the tokens of open connections: those of a subject together, once in each interval, and when the subject's
 * records have changed.
 */
export class OpenTokenChecks {
  private readonly questions = new FewAtATime(MAX_SUBJECTS, (subject) => this.askStore(subject))
  private readonly recent = new RecentChanges()
  private stopListening: (() => void) | undefined
  private isStopped = false

  constructor(
    private readonly dependencies: OpenTokenChecksDependencies,
    private readonly open: OpenTokens,
  ) {}

  /** Listens for changes from the first call on. */
  start(): void {
    if (this.isStopped || this.dependencies.sessions === undefined) return
    this.stopListening ??= this.dependencies.onChange((change) => this.onChange(change))
  }

  /** Checks the keys immediately, and asks the store as soon as possible. */
  check(subject: string): void {
    this.checkKeys(subject)
    this.questions.request(subject)
  }

  checkKeys(subject: string): void {
    for (const token of this.open.tokensOf(subject)) {
      if (!this.dependencies.hasKeyOf(token)) this.open.onRevoked(token)
    }
  }

  /** Between the check of this token and the call its session may have been ended. */
  checkIfChanged({ claims: { sub, sid } }: VerifiedToken): void {
    if (this.recent.concerns(sub, sid, this.dependencies.clock.now())) this.check(sub)
  }

  /** Each subject has its own second of the interval, so that the store is not asked about all of them at one instant. */
  nextTime(subject: string): number {
    const now = this.dependencies.clock.now()
    const time = now - (now % INTERVAL) + secondOf(subject) * 1000
    return time > now ? time : time + INTERVAL
  }

  /** Whether it is time for a check that was to be at `time`, as `nextTime` said. A clock may have been set back since. */
  isDue(time: number, now: number): boolean {
    return time <= now || time > now + INTERVAL
  }

  stop(): void {
    this.isStopped = true
    this.stopListening?.()
    this.stopListening = undefined
  }

  private onChange(change: SessionChange): void {
    const { subject, sessionId } = change
    this.recent.add(change, this.dependencies.clock.now())
    for (const known of subject === undefined ? this.open.subjects() : [subject]) {
      const tokens = this.open.tokensOf(known)
      const isMeant = ({ claims }: VerifiedToken) => sessionId === undefined || claims.sid === sessionId
      if (tokens.some(isMeant)) this.check(known)
    }
  }

  private async askStore(subject: string): Promise<void> {
    const tokens = this.open.tokensOf(subject)
    for (let from = 0; from < tokens.length && !this.isStopped; from += MAX_TOKENS) {
      const ended = await this.findEnded(tokens.slice(from, from + MAX_TOKENS))
      for (const token of ended) this.open.onRevoked(token)
    }
  }

  /** While the store is unavailable, which it logs by itself, nothing is known to be revoked. */
  private async findEnded(tokens: readonly VerifiedToken[]): Promise<readonly VerifiedToken[]> {
    try {
      return (await this.dependencies.sessions?.findEnded(tokens)) ?? []
    } catch (error) {
      if (!(error instanceof JwtAuthError)) this.dependencies.onFailure(error)
      return []
    }
  }
}

function secondOf(subject: string): number {
  let hash = 0
  for (let at = 0; at < subject.length; at++) hash = (hash * 31 + subject.charCodeAt(at)) % 1_000_003
  return hash % (INTERVAL / 1000)
}
