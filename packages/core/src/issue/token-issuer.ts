import { randomUUID } from 'node:crypto'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { KeyRing } from '../keys/key-ring.js'
import { TOKEN_TYPES } from '../token/token-kind.js'
import type { Clock } from '../time/clock.js'
import { type Duration, parseDuration } from '../time/duration.js'
import { assembleClaims, type ClaimsSet } from './assemble-claims.js'
import type { ClaimsLoader } from './claims-loader.js'
import { asClaims, mergeClaims, refuseReserved } from './custom-claims.js'
import type { IssueOptions } from './issue-options.js'
import type { IssueRules } from './issue-rules.js'
import type { RefreshRecord } from '../sessions/session.js'
import { refuseUnusable } from './refuse-unusable.js'
import { signToken } from './sign-token.js'

/** Whom a token is for, and what the session says of it. */
export interface IssueTarget {
  readonly identity: unknown
  readonly subject: string
  /** Seconds since the epoch. */
  readonly authTime: number | undefined
  /** The session, where there is one. */
  readonly sid: string | undefined
  /** The absolute end of the session, in seconds since the epoch: no access token outlives it. */
  readonly endsAt?: number | undefined
}

/** Keeps the generation of a subject for a token without a session, until its `exp` (seconds); answers the generation. */
export type AdmitAlone = (subject: string, exp: number | undefined) => Promise<number>

/** A signed token, and how long it lives from now on, in seconds. */
export interface IssuedToken {
  readonly token: string
  readonly expiresIn: number | undefined
}

/** Makes the tokens: dates, ids, claims, signature. */
export class TokenIssuer {
  constructor(
    private readonly keys: KeyRing,
    private readonly rules: IssueRules,
    private readonly clock: Clock,
    private readonly loader: () => ClaimsLoader | undefined,
    /** Absent where nothing is remembered. */
    private readonly admitAlone: AdmitAlone | undefined,
  ) {}

  /** Now, in whole seconds since the epoch: NumericDate of RFC 7519 section 2. */
  now(): number {
    return Math.floor(this.clock.now() / 1000)
  }

  async accessToken(target: IssueTarget, options: IssueOptions): Promise<IssuedToken> {
    const now = this.now()
    const expiresIn = this.accessLifetime(options.expiresIn)
    const notBefore =
      options.notBefore === undefined ? this.rules.accessNotBefore : lifetime(options.notBefore)
    const given = asClaims(options.claims, 'claims_invalid')
    refuseReserved(given)
    const claims = await assembleClaims(
      {
        kind: 'access',
        identity: target.identity,
        loader: this.loader(),
        given,
        registered: mergeClaims(this.registered(target, now), {
          aud: options.audience ?? this.rules.audience,
          nbf: notBefore === undefined ? undefined : now + notBefore,
          exp: earlier(expiresIn === undefined ? undefined : now + expiresIn, target.endsAt),
        }),
      },
      this.rules,
    )
    const { sub, exp, sid } = claims as { readonly sub: string; readonly exp?: number; readonly sid?: string }
    const generation = sid === undefined ? await this.admitAlone?.(sub, exp) : undefined
    const token = signToken(this.keys, TOKEN_TYPES.access, claims, options.header, generation)
    return { token, expiresIn: exp === undefined ? undefined : exp - now }
  }

  async refreshClaims(target: IssueTarget, options: IssueOptions): Promise<ClaimsSet> {
    return assembleClaims(
      {
        kind: 'refresh',
        identity: target.identity,
        loader: this.loader(),
        given: asClaims(options.claims, 'claims_invalid'),
        registered: mergeClaims(this.registered(target, this.now()), { aud: this.rules.audience }),
      },
      this.rules,
    )
  }

  /** The token that `record` speaks of: the same record gives the same token again. */
  refreshToken(claims: ClaimsSet, record: RefreshRecord, header: IssueOptions['header']): string {
    return signToken(this.keys, TOKEN_TYPES.refresh, { ...claims, ...record }, header)
  }

  /** RFC 7519 claims and the app's own, without loaders, for one use. */
  async oneTimeToken(
    purpose: string,
    target: IssueTarget,
    claims: ClaimsSet,
    expiresIn: Duration,
  ): Promise<OneTime> {
    const seconds = lifetime(expiresIn)
    const now = this.now()
    const registered = mergeClaims(this.registered(target, now), {
      aud: this.rules.audience,
      exp: now + seconds,
    })
    const given = asClaims(claims, 'claims_invalid')
    refuseReserved(given)
    const all = mergeClaims(registered, given)
    refuseUnusable(all)
    return {
      token: signToken(this.keys, `${purpose}+jwt`, all),
      jti: String(registered['jti']),
      exp: now + seconds,
    }
  }

  private registered({ subject, authTime, sid }: IssueTarget, now: number): Record<string, unknown> {
    const { issuer } = this.rules
    return { iss: issuer, sub: subject, iat: now, jti: randomUUID(), sid, auth_time: authTime }
  }

  private accessLifetime(expiresIn: Duration | undefined): number | undefined {
    if (expiresIn === undefined) return this.rules.accessExpiresIn
    if (expiresIn !== 'never') return lifetime(expiresIn)
    if (this.rules.allowNever) return undefined
    throw new JwtAuthUsageError(
      'lifetime_invalid',
      "expiresIn: 'never' needs the option accessToken.allowNever.",
    )
  }
}

/** What a one-time token is remembered by. */
export interface OneTime {
  readonly token: string
  readonly jti: string
  /** Seconds since the epoch. */
  readonly exp: number
}

function earlier(exp: number | undefined, endsAt: number | undefined): number | undefined {
  return exp === undefined || endsAt === undefined ? (exp ?? endsAt) : Math.min(exp, endsAt)
}

function lifetime(duration: Duration): number {
  const seconds = parseDuration(duration)
  if (seconds !== undefined) return seconds
  throw new JwtAuthUsageError(
    'lifetime_invalid',
    "A duration is a number of seconds or a text with a unit: '15m'.",
  )
}
