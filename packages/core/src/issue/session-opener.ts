import { randomUUID } from 'node:crypto'
import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import { inSeconds, keepUntil, newRefreshRecord, type SessionRules } from '../sessions/lifetimes.js'
import { type SessionData, writeSessionData } from '../sessions/session-data.js'
import type { ExchangedToken } from '../sessions/store/session-store.js'
import type { StoreClient } from '../sessions/store/store-client.js'
import type { Clock } from '../time/clock.js'
import type { CheckedIssueOptions } from './checked-options.js'
import { sessionLimits } from './session-limits.js'
import type { IssueTarget, TokenIssuer } from './token-issuer.js'
import type { TokenPair } from './token-pair.js'

export interface SessionOpenerDependencies {
  readonly issuer: TokenIssuer
  readonly store: StoreClient
  readonly rules: SessionRules
  readonly clock: Clock
  readonly events: AuthEventEmitter
  /** Throws for a pair that could not be sent, before anything is stored. */
  readonly refuseUnsendable: (pair: TokenPair) => void
}

/** Whose session it is; `authTime` is in seconds, `undefined` if it is not known. */
export type SessionOwner = Pick<IssueTarget, 'identity' | 'subject' | 'authTime'>

/** Opens sessions. */
export class SessionOpener {
  constructor(private readonly dependencies: SessionOpenerDependencies) {}

  /**
   * A new session and its first pair. Nothing is stored before both tokens are signed. With `exchanged`, throws
   * `token_revoked` if that token was exchanged or revoked before.
   */
  async open(
    { identity, subject, authTime }: SessionOwner,
    options: CheckedIssueOptions,
    exchanged?: ExchangedToken,
    operation = this.dependencies.store.begin(),
  ): Promise<TokenPair> {
    const { issuer, store, rules, clock, events, refuseUnsendable } = this.dependencies
    const { claims: keptClaims, audience, session: sessionOptions } = options
    const { metadata, persistent } = sessionOptions
    const limits = sessionLimits(sessionOptions, rules)
    const now = clock.now()
    const endsAt = limits.absolute === undefined ? undefined : now + limits.absolute
    const sid = randomUUID()
    const target = { identity, subject, authTime, sid, endsAt: inSeconds(endsAt) }
    const kept: SessionData = { metadata, claims: keptClaims, audience, idle: limits.ownIdle, persistent }
    const data = writeSessionData(kept)

    const access = await issuer.accessToken(target, options, operation)
    const claims = await issuer.refreshClaims(target, options)
    const current = newRefreshRecord(issuer.now(), limits.idle, target.endsAt)
    const signed = issuer.refreshToken(claims, current, options.header)
    const token = typeof signed === 'string' ? signed : await signed
    const expiresIn = current.exp - current.iat
    const refresh = { token, claims: { ...claims, ...current }, expiresIn, sessionId: sid }
    const pair = issuer.pair({ access, refresh, persistent })
    refuseUnsendable(pair)

    const session = {
      id: sid,
      subject,
      createdAt: now,
      lastUsedAt: now,
      authTime: authTime === undefined ? undefined : Math.round(authTime * 1000),
      endsAt,
      current,
      parent: undefined,
      keepUntil: keepUntil(current.exp, rules),
      data,
    }
    if (!(await store.open({ session, max: rules.max, exchanged }, operation))) {
      throw new JwtAuthError('token_revoked', { reason: 'the token was exchanged or revoked before' })
    }
    events.emit('token.issued', { subject, sessionId: sid, jti: current.jti })
    return pair
  }
}
