import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import type { IdentityLoader } from '../request/identity/identity-loader.js'
import { loadIdentity } from '../request/identity/load-identity.js'
import { inSeconds, keepUntil, newRefreshRecord, type SessionRules } from '../sessions/lifetimes.js'
import { refreshReused } from '../sessions/refresh-reused.js'
import type { LiveToken, StoredSessionCheck } from '../sessions/session-check.js'
import { readSessionData, type SessionData, writeSessionData } from '../sessions/session-data.js'
import type { RefreshRecord, SessionRecord } from '../sessions/session.js'
import type { RotateInput } from '../sessions/store/session-store.js'
import type { StoreClient, StoreOperation } from '../sessions/store/store-client.js'
import type { TokenVerifier } from '../token/token-verifier.js'
import type { CheckedRefreshOptions } from './checked-options.js'
import { mergeClaims } from './custom-claims.js'
import type { TokenIssuer } from './token-issuer.js'
import type { TokenPair } from './token-pair.js'

export interface SessionRefresherDependencies {
  readonly issuer: TokenIssuer
  readonly verifier: TokenVerifier
  readonly check: StoredSessionCheck
  readonly store: StoreClient
  readonly rules: SessionRules
  readonly events: AuthEventEmitter
  readonly identityLoader: () => IdentityLoader | undefined
  /** Throws for a pair that could not be sent, before anything is stored. */
  readonly refuseUnsendable: (pair: TokenPair) => void
}

/** Refreshes sessions. */
export class SessionRefresher {
  constructor(private readonly dependencies: SessionRefresherDependencies) {}

  /**
   * Verifies, looks up the session, runs the loaders, signs, and rotates last: after an error before that, the token
   * can be used again.
   */
  async refresh(refreshToken: string, options: CheckedRefreshOptions): Promise<TokenPair> {
    const { issuer, verifier, check, store, events, refuseUnsendable } = this.dependencies
    const verified = await verifier.verify(refreshToken, 'refresh')
    const operation = store.begin()
    const { token: live, session } = await check.presented(verified, operation)
    const { subject, id: sessionId } = session
    const next = this.successor(live, session, readSessionData(session.data))
    const identity = await this.identityOf(live, session, operation)
    const endsAt = inSeconds(session.endsAt)
    const target = { identity, subject, authTime: authTimeOf(session), sid: sessionId, endsAt }

    let kept = session.data
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const data = withOwn(readSessionData(kept), options)
      const merged = { ...options, claims: data.claims, audience: data.audience }
      const access = await issuer.accessToken(target, merged, operation)
      const claims = await issuer.refreshClaims(target, merged)
      const made = issuer.refreshToken(claims, next, options.header)
      const signed = typeof made === 'string' ? made : await made
      const pairWith = (token: string, record: RefreshRecord): TokenPair => {
        const expiresIn = record.exp - issuer.now()
        const refresh = { token, claims: { ...claims, ...record }, expiresIn, sessionId }
        return issuer.pair({ access, refresh, persistent: data.persistent })
      }
      refuseUnsendable(pairWith(signed, next))
      const rotated = await this.rotate(live, session, next, replacement(kept, data, options), operation)
      if (typeof rotated === 'string') {
        kept = rotated
        continue
      }
      const token = rotated === next ? signed : await issuer.refreshToken(claims, rotated, options.header)
      events.emit('token.refreshed', { subject, sessionId, jti: rotated.jti })
      return pairWith(token, rotated)
    }
    throw new JwtAuthError('store_unavailable', {
      reason: 'other refreshes changed the claims of the session during each attempt',
    })
  }

  /** Throws if only the clock tolerance let the token pass, and its successor would already have expired. */
  private successor({ claims }: LiveToken, session: SessionRecord, { idle }: SessionData): RefreshRecord {
    const { issuer, rules } = this.dependencies
    const limit = Math.min(idle ?? rules.idle, rules.idle)
    const next = newRefreshRecord(issuer.now(), limit, inSeconds(session.endsAt))
    if (next.exp > next.iat) return next
    throw new JwtAuthError('token_expired', {
      reason: 'the session is at its absolute end',
      jti: claims.jti,
    })
  }

  private async identityOf(
    live: LiveToken,
    { subject, id: sessionId }: SessionRecord,
    operation: StoreOperation,
  ): Promise<unknown> {
    const { identityLoader, store, events } = this.dependencies
    try {
      return await loadIdentity(live, identityLoader(), 'refresh')
    } catch (error) {
      if (error instanceof JwtAuthError && error.errorCode === 'identity_unknown') {
        const ended = await store.end({ sessionId, subject }, operation)
        if (ended) events.emit('session.revoked', { subject, sessionId })
      }
      throw error
    }
  }

  /**
   * The store decides, because the same token may have been used at the same time. Returns the record of the refresh
   * token, or the data of the session if another refresh has changed them meanwhile.
   */
  private async rotate(
    { claims: { jti: presented = '' } }: LiveToken,
    session: SessionRecord,
    successor: RefreshRecord,
    data: RotateInput['data'],
    operation: StoreOperation,
  ): Promise<RefreshRecord | string> {
    const { rules, store, events } = this.dependencies
    const { subject, id: sessionId } = session
    const use = { subject, sessionId, presented, successor, data, mayRepeat: rules.reuseGrace > 0 }
    const result = await store.rotate({ ...use, keepUntil: keepUntil(successor.exp, rules) }, operation)
    switch (result.kind) {
      case 'rotated':
        return successor
      case 'repeated':
        return result.successor
      case 'changed':
        return result.data
      case 'reused':
        throw refreshReused(session, presented, events)
      case 'gone':
        throw new JwtAuthError('token_revoked', { reason: 'the session has ended', jti: presented })
    }
  }
}

/** In seconds. */
function authTimeOf({ authTime }: SessionRecord): number | undefined {
  return authTime === undefined ? undefined : authTime / 1000
}

/** How often a refresh starts again because others change the kept claims at the same time. */
const MAX_ATTEMPTS = 20

/** What the session keeps instead of `from`; `undefined` if this refresh changes nothing. */
function replacement(
  from: string,
  data: SessionData,
  { claims, audience }: CheckedRefreshOptions,
): RotateInput['data'] {
  if (audience === undefined && Object.keys(claims).length === 0) return undefined
  const to = writeSessionData(data)
  return to === from ? undefined : { from, to }
}

/** What the session keeps from this refresh on. */
function withOwn(kept: SessionData, { claims, audience }: CheckedRefreshOptions): SessionData {
  if (audience === undefined) return { ...kept, claims: mergeClaims(kept.claims, claims) }
  // An `aud` among the claims goes before an audience, so one of an earlier call would last.
  const { aud: _aud, ...others } = kept.claims
  return { ...kept, claims: mergeClaims(others, claims), audience }
}
