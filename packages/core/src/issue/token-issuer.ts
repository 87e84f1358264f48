import { randomUUID } from 'node:crypto'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { KeyRing } from '../keys/key-ring.js'
import { TOKEN_TYPES, type TokenKind } from '../token/token-kind.js'
import type { Clock } from '../time/clock.js'
import { type Duration, parseDuration } from '../time/duration.js'
import type { PlainObject } from '../token/plain-data.js'
import { assembleClaims } from './assemble-claims.js'
import type { CheckedOneTimeTokenOptions, CheckedRefreshOptions } from './checked-options.js'
import type { ClaimsLoader } from './claims-loader.js'
import { mergeClaims } from './custom-claims.js'
import type { IssueOptions } from './issue-options.js'
import type { IssueRules } from './issue-rules.js'
import type { RefreshRecord } from '../sessions/session.js'
import type { StoreOperation } from '../sessions/store/store-client.js'
import { refuseUnusable } from './refuse-unusable.js'
import { signToken } from './sign-token.js'
import { type IssuedToken, TokenPair, type TokenPairContent } from './token-pair.js'

/** Whom a token is for, and what the session adds to it. */
export interface IssueTarget {
  readonly identity: unknown
  readonly subject: string
  /** Seconds since the Unix epoch. */
  readonly authTime: number | undefined
  /** The session, if there is one. */
  readonly sid: string | undefined
  /** The absolute end of the session, in seconds since the Unix epoch: no access token outlives it. */
  readonly endsAt?: number | undefined
}

/** Keeps the generation of a subject for a token without a session, until its `exp` (seconds); returns the generation. */
export type KeepGeneration = (
  subject: string,
  exp: number | undefined,
  operation: StoreOperation | undefined,
) => Promise<number>

export interface TokenIssuerDependencies {
  readonly keys: KeyRing
  readonly rules: IssueRules
  /** Of the `Authorization` header: `token_type` of a token response. */
  readonly scheme: string
  readonly clock: Clock
  readonly claimsLoader: () => ClaimsLoader | undefined
  /** Absent if the app keeps no sessions. */
  readonly keepGeneration: KeepGeneration | undefined
}

/** Makes tokens: dates, ids, claims, signature. */
export class TokenIssuer {
  constructor(private readonly dependencies: TokenIssuerDependencies) {}

  /** Now, in whole seconds since the Unix epoch: NumericDate of RFC 7519 section 2. */
  now(): number {
    return Math.floor(this.dependencies.clock.now() / 1000)
  }

  /** What this asks the session store is part of `operation`. */
  async accessToken(
    target: IssueTarget,
    options: CheckedRefreshOptions,
    operation?: StoreOperation,
  ): Promise<IssuedToken> {
    const now = this.now()
    const expiresIn = this.accessLifetime(options.expiresIn)
    const notBefore =
      options.notBefore === undefined
        ? this.dependencies.rules.accessNotBefore
        : lifetime(options.notBefore, 'options.notBefore')
    const claims = await this.claims('access', target, options.claims, {
      iat: now,
      aud: options.audience ?? this.dependencies.rules.audience,
      nbf: notBefore === undefined ? undefined : now + notBefore,
      exp: earlier(expiresIn === undefined ? undefined : now + expiresIn, target.endsAt),
    })
    const { keepGeneration, keys } = this.dependencies
    const { sub, exp, sid } = claims as { readonly sub: string; readonly exp?: number; readonly sid?: string }
    refuseOutliving(exp, now, this.dependencies.rules.longest?.access, 'accessToken.expiresIn')
    const generation = sid === undefined ? await keepGeneration?.(sub, exp, operation) : undefined
    const signed = signToken(keys, TOKEN_TYPES.access, claims, options.header, generation)
    // By a key in memory it is signed: no promise is made for it.
    const token = typeof signed === 'string' ? signed : await signed
    return { token, claims, expiresIn: exp === undefined ? undefined : exp - now }
  }

  /** All claims of a refresh token except those of its record. */
  async refreshClaims(target: IssueTarget, { claims }: CheckedRefreshOptions): Promise<PlainObject> {
    return this.claims('refresh', target, claims, { iat: this.now(), aud: this.dependencies.rules.audience })
  }

  /** The token that `record` describes: the same record gives the same token again. */
  refreshToken(
    claims: PlainObject,
    record: RefreshRecord,
    header: IssueOptions['header'],
  ): string | Promise<string> {
    return signToken(this.dependencies.keys, TOKEN_TYPES.refresh, { ...claims, ...record }, header)
  }

  /** Registered claims and the given ones; no loader is asked. */
  oneTimeToken(
    purpose: string,
    target: IssueTarget,
    { expiresIn, claims }: CheckedOneTimeTokenOptions,
  ): OneTimeToken {
    const iat = this.now()
    const exp = iat + lifetime(expiresIn, 'options.expiresIn')
    refuseOutliving(exp, iat, this.dependencies.rules.longest?.oneTime, 'refreshToken.expiresIn')
    const registered = this.registered(target, { iat, aud: this.dependencies.rules.audience, exp })
    const all = mergeClaims(registered, claims)
    refuseUnusable(all)
    return { token: signToken(this.dependencies.keys, `${purpose}+jwt`, all), jti: registered.jti, exp }
  }

  /** The token response for tokens that were made here. */
  pair(parts: Omit<TokenPairContent, 'tokenType'>): TokenPair {
    return new TokenPair({ ...parts, tokenType: this.dependencies.scheme })
  }

  private async claims(
    kind: TokenKind,
    target: IssueTarget,
    given: PlainObject,
    dates: VaryingClaims,
  ): Promise<PlainObject> {
    const { identity } = target
    const registered = this.registered(target, dates)
    return assembleClaims(
      { kind, identity, loader: this.dependencies.claimsLoader(), given, registered },
      this.dependencies.rules,
    )
  }

  /** Members that are `undefined` are not claims: merging leaves them out. */
  private registered({ subject, authTime, sid }: IssueTarget, { iat, aud, nbf, exp }: VaryingClaims) {
    return {
      iss: this.dependencies.rules.issuer,
      sub: subject,
      aud,
      iat,
      nbf,
      exp,
      jti: randomUUID(),
      sid,
      auth_time: authTime,
    }
  }

  private accessLifetime(expiresIn: Duration | undefined): number | undefined {
    if (expiresIn === undefined) return this.dependencies.rules.accessExpiresIn
    if (expiresIn !== 'never') return lifetime(expiresIn, 'options.expiresIn')
    if (this.dependencies.rules.allowNever) return undefined
    throw new JwtAuthUsageError(
      'lifetime_invalid',
      "options.expiresIn: 'never' is not allowed. Set the option `accessToken.allowNever`, or write a duration such as '15m'.",
    )
  }
}

/** The registered claims in which the tokens of one app differ. */
interface VaryingClaims {
  readonly iat: number
  readonly aud: string | readonly string[] | undefined
  readonly nbf?: number | undefined
  readonly exp?: number | undefined
}

/** A one-time token, and what it is remembered by. */
export interface OneTimeToken {
  readonly token: string | Promise<string>
  readonly jti: string
  /** Seconds since the Unix epoch. */
  readonly exp: number
}

function earlier(exp: number | undefined, endsAt: number | undefined): number | undefined {
  return exp === undefined || endsAt === undefined ? (exp ?? endsAt) : Math.min(exp, endsAt)
}

/** Throws `lifetime_invalid` for a token that would outlive its key: `longest` is the value of `option`, in seconds. */
function refuseOutliving(
  exp: number | undefined,
  now: number,
  longest: number | undefined,
  option: string,
): void {
  if (longest === undefined || (exp !== undefined && exp - now <= longest)) return
  throw new JwtAuthUsageError(
    'lifetime_invalid',
    `The token would be valid for longer than ${option}, which is ${longest} seconds. With keyRotation its key is removed ` +
      `then. Ask for a shorter lifetime, or set a longer ${option}.`,
  )
}

/**
 * Whole seconds, rounded up: NumericDates are whole seconds here, and nobody gets less than asked for. `path` names the
 * option. Throws `lifetime_invalid`.
 */
export function lifetime(duration: Duration, path: string): number {
  const seconds = parseDuration(duration)
  if (seconds !== undefined) return Math.ceil(seconds)
  throw new JwtAuthUsageError(
    'lifetime_invalid',
    `${path}: The value must be a number of seconds or a string with a unit. Write '15m', for example.`,
  )
}
