import { JwtAuthError } from '../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import { TOKEN_TYPES, type TokenKind } from '../token/token-kind.js'
import { misshapenClaim } from '../token/check-claims.js'
import type { TokenVerifier } from '../token/token-verifier.js'
import { isOver, keepUntil, type SessionRules } from '../sessions/lifetimes.js'
import { isId, keyOfJti } from '../sessions/record-keys.js'
import { toAuthSession } from '../sessions/session-data.js'
import type { AuthSession } from '../sessions/session.js'
import type { StoreClient } from '../sessions/store/store-client.js'
import type { Clock } from '../time/clock.js'

/** The claims that revocation uses. */
interface RevocableClaims {
  readonly sub?: string
  readonly jti?: string
  readonly sid?: string
  readonly exp?: number
}

/**
 * How long a subject's generation is kept after `revokeAll`, at least, in milliseconds: 400 days. The store cannot know
 * the lifetime of tokens that were issued without it, for example before the app had sessions.
 */
const GENERATION_KEPT = 400 * 86_400_000

/** Revokes tokens and ends sessions before they expire. Subjects that are given must have been checked. */
export class Revocation {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly store: StoreClient,
    private readonly rules: SessionRules,
    private readonly clock: Clock,
    private readonly events: AuthEventEmitter,
  ) {}

  async revoke(token: string): Promise<void> {
    const { kind, claims } = await this.revocable(token)
    if (kind === 'access') await this.revokeAccessToken(claims)
    else await this.revokeSession(claims.sid ?? '', claims.sub)
  }

  /**
   * Ends the sessions of these tokens, and revokes those access tokens that have no session. Repeated calls are no error
   * (RFC 7009 section 2). Skips tokens without `sid` and `jti`, because they cannot be revoked. If one of the tokens was
   * not signed by this app, throws and ends nothing.
   */
  async logOut(tokens: readonly string[]): Promise<void> {
    const presented = await Promise.all(tokens.map((token) => this.revocable(token)))
    await Promise.all(
      presented.map(async ({ claims }) => {
        if (claims.sid !== undefined) await this.revokeSession(claims.sid, claims.sub)
        else if (claims.jti !== undefined) await this.revokeAccessToken(claims)
      }),
    )
  }

  async revokeSession(sessionId: string, subject: string | undefined): Promise<boolean> {
    if (!isId(sessionId)) return false
    const ended = await this.store.end({ sessionId, subject })
    if (ended) this.events.emit('session.revoked', { sessionId, subject })
    return ended
  }

  async revokeAll(subject: string, except: string | undefined): Promise<number> {
    const kept = Math.max(this.rules.accessLifetime, GENERATION_KEPT)
    const until = keepUntil((this.clock.now() + kept) / 1000, this.rules)
    const ended = await this.store.endAll({
      subject,
      except: isId(except) ? except : undefined,
      keepUntil: until,
    })
    this.events.emit('subject.revoked', { subject })
    return ended
  }

  async sessions(subject: string): Promise<AuthSession[]> {
    const records = await this.store.list({ subject })
    const now = this.clock.now()
    return records
      .filter((record) => !isOver(record, now, this.rules))
      .map(toAuthSession)
      .toSorted((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime())
  }

  /** Checks only the signature, `typ` and the types of the claims, so it also accepts an expired or used token. */
  private async revocable(
    token: string,
  ): Promise<{ readonly kind: TokenKind; readonly claims: RevocableClaims }> {
    const { header, claims } = await this.verifier.verifySignature(token)
    const misshapen = misshapenClaim(claims)
    if (misshapen !== undefined) {
      throw new JwtAuthError('token_claims_invalid', { reason: `${misshapen} has a wrong type or range` })
    }
    if (header.typ === TOKEN_TYPES.access) return { kind: 'access', claims }
    if (header.typ === TOKEN_TYPES.refresh) return { kind: 'refresh', claims }
    throw new JwtAuthError('token_wrong_type', { reason: 'typ is neither at+jwt nor rt+jwt' })
  }

  private async revokeAccessToken({ jti, sub, exp }: RevocableClaims): Promise<void> {
    if (jti === undefined) {
      throw new JwtAuthUsageError(
        'not_revocable',
        "The token has no jti, because the claims loader does not return it (claimsMode: 'replace'). " +
          'Return `jti: context.claims.jti` from the claims loader.',
      )
    }
    const until = keepUntil(exp, this.rules)
    // A token without a subject or with a past expiry is refused anyway, so nothing has to be stored.
    if (sub === undefined || until <= this.clock.now()) return
    await this.store.revokeToken({ jti: keyOfJti(jti), subject: sub, keepUntil: until })
  }
}
