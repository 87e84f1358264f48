import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import type { Clock } from '../time/clock.js'
import type { VerifiedToken } from '../token/token-verifier.js'
import { generationOf, isPastGeneration } from './generation.js'
import { isOver, type SessionRules } from './lifetimes.js'
import { isId, keyOfJti } from './record-keys.js'
import { refreshReused } from './refresh-reused.js'
import { classifyRefreshToken } from './rotation.js'
import type { SessionRecord } from './session.js'
import type { LookUpInput, LookUpResult } from './store/session-store.js'
import type { StoreClient, StoreOperation } from './store/store-client.js'

declare const live: unique symbol

/** A verified token that is not revoked and whose session has not ended. Only a session check makes one. */
export interface LiveToken extends VerifiedToken {
  readonly [live]: true
}

/** Decides whether a verified token is still live. Throws `token_revoked`, `refresh_reused` or `store_unavailable`. */
export interface SessionCheck {
  check<T extends VerifiedToken>(token: T): Promise<T & LiveToken>
}

/** The check of an app with `refreshToken: false`: it has no store, so every verified token is live. */
export const NO_SESSIONS: SessionCheck = {
  check: <T extends VerifiedToken>(token: T) => Promise.resolve(token as T & LiveToken),
}

/** Asks the store about token and session together: one round trip. Tokens of other issuers are not in it. */
export class StoredSessionCheck implements SessionCheck {
  constructor(
    private readonly store: StoreClient,
    private readonly rules: SessionRules,
    private readonly clock: Clock,
    private readonly events: AuthEventEmitter,
  ) {}

  async check<T extends VerifiedToken>(token: T): Promise<T & LiveToken> {
    if (token.origin?.kind === 'foreign') return token as T & LiveToken
    if (token.kind === 'refresh') return (await this.presented(token)).token
    const reason = await this.findRefusal(token)
    if (reason !== undefined) throw revoked(token, reason)
    return token as T & LiveToken
  }

  /**
   * Which of these tokens of one subject are revoked, or belong to a session that has ended. Ends no session, and asks the
   * store itself, once, whatever is remembered. Throws `store_unavailable`.
   */
  async findEnded(tokens: readonly VerifiedToken[]): Promise<readonly VerifiedToken[]> {
    const own = tokens.filter(({ origin }) => origin?.kind !== 'foreign')
    const [subject] = own.map(({ claims }) => claims.sub)
    if (subject === undefined) return []
    const questions = own.map(lookUpInputFor)
    const found = await this.store.lookUpTokens({
      subject,
      sessionIds: distinct(questions.map(({ sessionId }) => sessionId)),
      jtis: distinct(questions.map(({ jti }) => jti)),
    })
    const sessions = new Map(found.sessions.map((session) => [session.id, session]))
    const revokedJtis = new Set(found.revoked)
    return own.filter((token) => {
      const { sessionId = '', jti = '' } = lookUpInputFor(token)
      const answer = { session: sessions.get(sessionId), revoked: revokedJtis.has(jti) }
      return this.refusalReason(token, { ...answer, generation: found.generation }) !== undefined
    })
  }

  /**
   * Checks a refresh token: it must be the current one of its session or, during `reuseGrace`, the one before it. Any
   * other refresh token was used before: ends its session and throws `refresh_reused`.
   */
  async presented<T extends VerifiedToken>(
    token: T,
    operation: StoreOperation = this.store.begin(),
  ): Promise<{ readonly token: T & LiveToken; readonly session: SessionRecord }> {
    const { sub: subject, sid: sessionId, jti = '' } = token.claims
    if (!isId(sessionId)) throw revoked(token, 'there is no such session')
    const found = await this.store.lookUp({ subject, sessionId, forRefresh: true }, operation)
    const { session, time = this.clock.now() } = found
    if (session === undefined || this.isOver(session)) throw revoked(token, reasonForNoSession(found))
    if (classifyRefreshToken(session, jti, time, this.rules.reuseGrace) === 'reused') {
      await this.store.end({ subject, sessionId }, operation)
      throw refreshReused(session, jti, this.events)
    }
    return { token: token as T & LiveToken, session }
  }

  /**
   * Checks a token without a session that is to be exchanged for one. Asks the store itself, whatever is remembered.
   * Returns the subject's generation too: while that is the same, nothing has ended the token.
   */
  async exchangeable<T extends VerifiedToken>(
    token: T,
    until: number,
    operation: StoreOperation,
  ): Promise<{ readonly token: T & LiveToken; readonly generation: number }> {
    const asked = { subject: token.claims.sub, keepUntil: until }
    const generation = await this.store.keepGeneration(asked, operation)
    if (this.isPast(token, generation)) throw revoked(token, ALL_ENDED)
    return { token: token as T & LiveToken, generation }
  }

  /** A remembered answer may accept an access token, but never refuses one: before a refusal the store is asked again. */
  private async findRefusal(token: VerifiedToken): Promise<string | undefined> {
    const question = lookUpInputFor(token)
    // Without `await` if nothing is remembered, so that of many checks at the same time only the first asks the store.
    const remembered = this.store.remembered(question)
    if (remembered !== undefined && this.refusalReason(token, await remembered) === undefined)
      return undefined
    return this.refusalReason(token, await this.store.lookUpAndRemember(question))
  }

  private refusalReason(token: VerifiedToken, found: LookUpResult): string | undefined {
    const { session, revoked: isRevoked, generation } = found
    if (token.claims.sid === undefined) {
      if (!isRevoked && this.isPast(token, generation)) return ALL_ENDED
    } else if (session === undefined || this.isOver(session)) return reasonForNoSession(found)
    return isRevoked ? 'the token was revoked' : undefined
  }

  private isPast(token: VerifiedToken, generation: number | undefined): boolean {
    return isPastGeneration(generationOf(token), generation, this.store.isShared)
  }

  private isOver(session: SessionRecord): boolean {
    return isOver(session, this.clock.now(), this.rules)
  }
}

const ALL_ENDED = 'all tokens of the subject were revoked, or the store lost its records'

function reasonForNoSession({ isUnknown = false }: LookUpResult): string {
  return isUnknown
    ? 'this process does not know the session: sessions are kept in memory, and end when their process ends'
    : 'the session has ended'
}

/** A `sid` that no session can have is not asked for, so that a token with one is refused: it has no session. */
function lookUpInputFor({ claims: { sub, sid, jti } }: VerifiedToken): Omit<LookUpInput, 'now'> {
  const sessionId = isId(sid) ? sid : undefined
  return { subject: sub, sessionId, jti: jti === undefined ? undefined : keyOfJti(jti) }
}

function distinct(ids: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(ids)].filter((id) => id !== undefined)
}

function revoked({ claims: { jti } }: VerifiedToken, reason: string): JwtAuthError {
  return new JwtAuthError('token_revoked', { reason, jti })
}
