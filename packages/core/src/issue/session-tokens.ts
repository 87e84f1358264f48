import { randomUUID } from 'node:crypto'
import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import type { JwtClaims } from '../register.js'
import type { IdentityLoader } from '../request/identity/identity-loader.js'
import { loadIdentity } from '../request/identity/load-identity.js'
import type { LiveToken, StoredSessionCheck } from '../sessions/session-check.js'
import type { TokenVerifier } from '../token/token-verifier.js'
import type { Clock } from '../time/clock.js'
import { inSeconds, keepUntil, newRefreshRecord, type SessionRules } from '../sessions/lifetimes.js'
import { refreshReused } from '../sessions/refresh-reused.js'
import type { RefreshRecord, SessionRecord } from '../sessions/session.js'
import { readSessionData, writeSessionData } from '../sessions/session-data.js'
import type { StoreClient, StoreOperation } from '../sessions/store/store-client.js'
import { mergeClaims } from './custom-claims.js'
import type { CheckedIssueOptions, CheckedRefreshOptions } from './checked-options.js'
import type { IssueTarget, TokenIssuer } from './token-issuer.js'
import type { TokenPair } from './token-pair.js'

export interface SessionTokensParts {
  readonly issuer: TokenIssuer
  readonly verifier: TokenVerifier
  readonly check: StoredSessionCheck
  readonly store: StoreClient
  readonly rules: SessionRules
  readonly clock: Clock
  readonly events: AuthEventEmitter
  readonly identityLoader: () => IdentityLoader | undefined
  /** Throws for a pair that could not be sent, before anything is remembered of it. */
  readonly refuseUnsendable: (pair: TokenPair) => void
}

/** Opens sessions and refreshes them. */
export class SessionTokens {
  constructor(private readonly parts: SessionTokensParts) {}

  /** A session with its first pair. Nothing is remembered before both tokens are signed. */
  async open(
    identity: unknown,
    subject: string,
    authTime: number,
    options: CheckedIssueOptions,
  ): Promise<TokenPair> {
    const { issuer, store, rules, clock, events, refuseUnsendable } = this.parts
    const now = clock.now()
    const endsAt = rules.absolute === undefined ? undefined : now + rules.absolute
    const target = { identity, subject, authTime, sid: randomUUID(), endsAt: inSeconds(endsAt) }
    const data = writeSessionData(options)

    const access = await issuer.accessToken(target, options)
    const claims = await issuer.refreshClaims(target, options)
    const current = this.nextRecord(target.endsAt)
    const refreshToken = issuer.refreshToken(claims, current, options.header)
    const refresh = {
      token: refreshToken,
      claims: { ...claims, ...current },
      expiresIn: current.exp - current.iat,
    }
    const pair = issuer.pair({ access, refresh: { ...refresh, sessionId: target.sid } })
    refuseUnsendable(pair)

    const session: SessionRecord = {
      id: target.sid,
      subject,
      createdAt: now,
      lastUsedAt: now,
      authTime: authTime * 1000,
      endsAt,
      current,
      parent: undefined,
      keepUntil: keepUntil(current.exp, rules),
      data,
    }
    await store.open({ session, max: rules.max })
    events.emit('token.issued', { subject, sessionId: target.sid, jti: current.jti })
    return pair
  }

  /** Verify → ask → loaders → sign access → rotate last: what throws before the rotation costs the user nothing. */
  async refresh(refreshToken: string, options: CheckedRefreshOptions): Promise<TokenPair> {
    const { issuer, verifier, check, store, events, refuseUnsendable } = this.parts
    const verified = await verifier.verify(refreshToken, 'refresh')
    const operation = store.begin()
    const { token: live, session } = await check.presented(verified, operation)
    const { jti = '' } = live.claims
    const next = this.nextRecord(inSeconds(session.endsAt))
    // Clock tolerance lets a token pass a little longer, but what came of it would have expired already.
    if (next.exp <= next.iat) {
      throw new JwtAuthError('token_expired', { reason: 'the session is at its absolute end', jti })
    }
    const identity = await this.identityOf(live, session, operation)
    const target: IssueTarget = {
      identity,
      subject: session.subject,
      authTime: session.authTime / 1000,
      sid: session.id,
      endsAt: inSeconds(session.endsAt),
    }
    const merged = withKept(options, session)

    const access = await issuer.accessToken(target, merged)
    const claims = await issuer.refreshClaims(target, merged)
    const signed = issuer.refreshToken(claims, next, options.header)
    const pairWith = (token: string, record: RefreshRecord): TokenPair => {
      const refresh = { token, claims: { ...claims, ...record }, expiresIn: record.exp - issuer.now() }
      return issuer.pair({ access, refresh: { ...refresh, sessionId: session.id } })
    }
    refuseUnsendable(pairWith(signed, next))
    const successor = await this.rotate(session, jti, next, operation)

    events.emit('token.refreshed', { subject: session.subject, sessionId: session.id, jti: successor.jti })
    const token = successor === next ? signed : issuer.refreshToken(claims, successor, options.header)
    return pairWith(token, successor)
  }

  private async identityOf(
    live: LiveToken,
    session: SessionRecord,
    operation: StoreOperation,
  ): Promise<unknown> {
    try {
      return await loadIdentity(live, this.parts.identityLoader(), { purpose: 'refresh' })
    } catch (error) {
      if (error instanceof JwtAuthError && error.errorCode === 'identity_unknown') {
        await this.parts.store.end({ sessionId: session.id, subject: session.subject }, operation)
        this.parts.events.emit('session.revoked', { subject: session.subject, sessionId: session.id })
      }
      throw error
    }
  }

  /** The store has the last word: another use of the same token may have come first. */
  private async rotate(
    session: SessionRecord,
    presented: string,
    successor: RefreshRecord,
    operation: StoreOperation,
  ): Promise<RefreshRecord> {
    const { rules, store } = this.parts
    const outcome = await store.rotate(
      {
        subject: session.subject,
        sessionId: session.id,
        presented,
        successor,
        keepUntil: keepUntil(successor.exp, rules),
        mayRepeat: rules.reuseGrace > 0,
      },
      operation,
    )
    switch (outcome.kind) {
      case 'rotated':
        return successor
      case 'repeated':
        return outcome.successor
      case 'reused':
        throw refreshReused(session, presented, this.parts.events)
      case 'gone':
        throw ended({ jti: presented })
    }
  }

  private nextRecord(endsAt: number | undefined): RefreshRecord {
    return newRefreshRecord(this.parts.issuer.now(), this.parts.rules.idle, endsAt)
  }
}

function withKept(options: CheckedRefreshOptions, session: SessionRecord): CheckedRefreshOptions {
  const kept = readSessionData(session)
  return {
    ...options,
    audience: options.audience ?? kept.audience,
    claims: mergeClaims(kept.claims, options.claims),
  }
}

function ended({ jti }: Pick<JwtClaims, 'jti'>): JwtAuthError {
  return new JwtAuthError('token_revoked', { reason: 'the session has ended', jti })
}
