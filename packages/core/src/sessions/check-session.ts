import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { LiveToken, SessionCheck } from './live-token.js'
import type { VerifiedToken } from '../token/token-verifier.js'
import type { Clock } from '../time/clock.js'
import { GENERATION, isOver } from './generation.js'
import type { SessionRules } from './lifetimes.js'
import { isId, keyOfJti } from './record-keys.js'
import { standingOf } from './rotation.js'
import type { SessionRecord } from './session.js'
import type { LookUpInput, LookUpResult } from './store/session-store.js'
import type { StoreClient } from './store/store-client.js'

/** Asks the store about token and session together: one round trip. */
export class StoredSessionCheck implements SessionCheck {
  constructor(
    private readonly store: StoreClient,
    private readonly rules: SessionRules,
    private readonly clock: Clock,
  ) {}

  async check<T extends VerifiedToken>(token: T): Promise<T & LiveToken> {
    const reason = await this.whyDead(token)
    if (reason !== undefined) throw new JwtAuthError('token_revoked', { reason, jti: token.claims.jti })
    return token as T & LiveToken
  }

  /** What is remembered lets an access token pass, but refuses none, and decides over no refresh token. */
  private async whyDead(token: VerifiedToken): Promise<string | undefined> {
    const lookup = lookupOf(token)
    if (lookup === undefined) return 'there is no such session'
    if (token.kind !== 'access') return this.objection(token, await this.store.lookUp(lookup))
    const known = this.store.remembered(lookup)
    if (known !== undefined && this.objection(token, await known) === undefined) return undefined
    return this.objection(token, await this.store.lookUpAndRemember(lookup))
  }

  private objection(token: VerifiedToken, found: LookUpResult): string | undefined {
    return token.claims.sid === undefined ? this.objectionAlone(token, found) : this.objectionIn(token, found)
  }

  private objectionIn(
    { kind, claims }: VerifiedToken,
    { session, revoked }: LookUpResult,
  ): string | undefined {
    if (session === undefined || this.hasEnded(session)) return 'the session has ended'
    if (revoked) return 'the token was revoked'
    if (kind !== 'refresh') return undefined
    const standing = standingOf(session, claims.jti ?? '', this.clock.now(), this.rules.reuseGrace)
    return standing === 'reused' ? 'the refresh token was used before' : undefined
  }

  private objectionAlone(
    { header }: VerifiedToken,
    { generation, revoked }: LookUpResult,
  ): string | undefined {
    if (revoked) return 'the token was revoked'
    const isDead = isOver(header[GENERATION], generation, this.store.isShared)
    return isDead ? 'all tokens of the subject were revoked, or forgotten' : undefined
  }

  private hasEnded({ current }: SessionRecord): boolean {
    return current.exp * 1000 + this.rules.clockTolerance <= this.clock.now()
  }
}

function lookupOf({ kind, claims: { sub, sid, jti } }: VerifiedToken): Omit<LookUpInput, 'now'> | undefined {
  if (sid !== undefined && !isId(sid)) return undefined
  const isRevocable = jti !== undefined && (kind === 'access' || sid === undefined)
  return { subject: sub, sessionId: sid, jti: isRevocable ? keyOfJti(jti) : undefined }
}
