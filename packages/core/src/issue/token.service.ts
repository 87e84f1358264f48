import { Inject, Injectable } from '@nestjs/common'
import type { JSONWebKeySet } from 'jose'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import type { KeyRing } from '../keys/key-ring.js'
import type { Identity } from '../register.js'
import type { IdentityLoader } from '../request/identity/identity-loader.js'
import type { SessionCheck } from '../sessions/session-check.js'
import type { TokenKind } from '../token/token-kind.js'
import {
  decodeUnverified,
  type TokenVerifier,
  type UnverifiedToken,
  type VerifiedToken,
} from '../token/token-verifier.js'
import type { AuthSession } from '../sessions/session.js'
import type { Clock } from '../time/clock.js'
import { checkedAuthTime } from './auth-time.js'
import {
  type CheckedIssueOptions,
  checkExchangeOptions,
  checkIssueOptions,
  checkOneTimeOptions,
  checkRefreshOptions,
  ownMembers,
} from './checked-options.js'
import type { ClaimsLoader } from './claims-loader.js'
import type { ExchangeOptions, IssueOptions, OneTimeTokenOptions, RefreshOptions } from './issue-options.js'
import type { LegacyExchange } from './legacy-exchange.js'
import { reportLegacyUse } from './legacy-uses.js'
import type { OneTimeTokens } from './one-time-tokens.js'
import type { Revocation } from './revocation.js'
import type { SessionOpener } from './session-opener.js'
import type { SessionRefresher } from './session-refresher.js'
import { namedSubject, subjectOf, type SubjectOf } from './subject.js'
import type { TokenIssuer } from './token-issuer.js'
import type { IssuedToken, TokenPair } from './token-pair.js'

/** The dependencies that only an app with sessions has. */
export interface SessionServices {
  readonly opener: SessionOpener
  readonly refresher: SessionRefresher
  readonly revocation: Revocation
  readonly exchange: LegacyExchange
  readonly oneTime: OneTimeTokens
}

/** The injection token of `TokenServiceDependencies`. */
export const TOKEN_SERVICE_DEPENDENCIES = Symbol('nest-jwt-auth:token-service-dependencies')

/** The dependencies of `TokenService`. */
export interface TokenServiceDependencies {
  readonly keys: KeyRing
  readonly issuer: TokenIssuer
  readonly verifier: TokenVerifier
  readonly check: SessionCheck
  /** Absent with `refreshToken: false`. */
  readonly sessions: SessionServices | undefined
  readonly events: AuthEventEmitter
  readonly clock: Clock
  readonly subject: SubjectOf
  readonly claimsLoader: () => ClaimsLoader | undefined
  readonly identityLoader: () => IdentityLoader | undefined
  /** Throws for a pair that is too large for the configured cookies. */
  readonly refuseUnsendable: (pair: TokenPair) => void
}

/** Options of `TokenService.verify`. Unknown members are errors. */
export interface VerifyOptions {
  /**
   * The kind of token that is accepted; the other one is refused with `token_wrong_type`.
   *
   * @default 'access'
   */
  readonly kind?: TokenKind | undefined
}

/** Options of `TokenService.revokeSession`. Unknown members are errors. */
export interface RevokeSessionOptions {
  /** Ends the session only if it belongs to this subject. Pass the caller's `sub` when the session id comes from a client. */
  readonly subject?: string | number | undefined
}

/** Options of `TokenService.revokeAll`. Unknown members are errors. */
export interface RevokeAllOptions {
  /** The id of a session that is not ended, such as the caller's own `sid`. */
  readonly except?: string | undefined
}

const VERIFY = { kind: undefined } as const
const REVOKE_SESSION = { subject: undefined } as const
const REVOKE_ALL = { except: undefined } as const

/**
 * Issues, verifies, refreshes and revokes the app's own tokens. Throws a `JwtAuthError` for mistakes of clients
 * (`store_unavailable` for an outage), and a `JwtAuthUsageError` for mistakes in the app's own code.
 */
@Injectable()
export class TokenService {
  constructor(@Inject(TOKEN_SERVICE_DEPENDENCIES) private readonly dependencies: TokenServiceDependencies) {}

  /**
   * Opens a session and returns its first pair of tokens; `auth_time` is now unless `options.authTime` is given. With
   * `refreshToken: false` there is no session, and the pair is one access token. Mark a handler that returns the pair
   * with `@TokenResponse()`.
   */
  async issue(identity: Identity, options: IssueOptions = {}): Promise<TokenPair> {
    const reading = this.dependencies.keys.demandSigningKey()
    if (reading !== undefined) await reading
    const checked = checkIssueOptions(options)
    const { issuer, sessions, refuseUnsendable } = this.dependencies
    const subject = subjectOf(identity, this.dependencies.subject)
    this.demandIdentityLoader(identity, subject)
    const authTime = this.authTime(checked) ?? issuer.now()
    if (sessions !== undefined) return sessions.opener.open({ identity, subject, authTime }, checked)
    const access = await this.accessAlone(identity, subject, authTime, checked)
    const pair = issuer.pair({ access, persistent: checked.session.persistent })
    refuseUnsendable(pair)
    this.noteIssued(subject, access)
    return pair
  }

  /** One access token without a session: `auth_time` only if `options.authTime` is given. */
  async issueAccessToken(identity: Identity, options: IssueOptions = {}): Promise<string> {
    const reading = this.dependencies.keys.demandSigningKey()
    if (reading !== undefined) await reading
    const checked = checkIssueOptions(options)
    const subject = subjectOf(identity, this.dependencies.subject)
    const access = await this.accessAlone(identity, subject, this.authTime(checked), checked)
    this.noteIssued(subject, access)
    return access.token
  }

  /**
   * Returns the next pair of a session. Accepts the session's current refresh token and, during `reuseGrace`, the one
   * before it. Runs the loaders again. Throws `token_*`, `refresh_reused` or `identity_unknown`. If it throws anything
   * else before the rotation, the refresh token can still be used.
   */
  async refresh(refreshToken: string, options: RefreshOptions = {}): Promise<TokenPair> {
    const reading = this.dependencies.keys.demandSigningKey()
    if (reading !== undefined) await reading
    const checked = checkRefreshOptions(options)
    return this.sessionServices().refresher.refresh(refreshToken, checked)
  }

  /**
   * Opens a session for a token of `legacyTokens`, and returns its first pair. Runs the loaders; the tokens have no
   * `auth_time`. Succeeds once per token, then throws `token_revoked`; a call that threw `store_unavailable` may have
   * succeeded. The legacy token itself stays valid until it expires. Mark a handler that returns the pair with
   * `@TokenResponse()`.
   */
  async exchangeLegacy(legacyToken: string, options: ExchangeOptions = {}): Promise<TokenPair> {
    const reading = this.dependencies.keys.demandSigningKey()
    if (reading !== undefined) await reading
    const checked = checkExchangeOptions(options)
    return this.sessionServices().exchange.exchange(legacyToken, checked)
  }

  /** Checks a token like the guard does, including its session; by default as an access token. */
  async verify(token: string, options: VerifyOptions = {}): Promise<VerifiedToken> {
    const { kind = 'access' } = ownMembers(options, VERIFY)
    const { verifier, check, events } = this.dependencies
    const live = await check.check(await verifier.verify(token, kind))
    reportLegacyUse(events, live)
    return live
  }

  /** Decodes header and claims, and checks only the format of the token: never base a decision on them. */
  decodeUnverified(token: string): UnverifiedToken {
    return decodeUnverified(token)
  }

  /**
   * Revokes an access token. For a refresh token, even an expired or used one, ends its session. Throws `token_wrong_type`
   * for a legacy token, which only `revokeAll` ends.
   */
  async revoke(token: string): Promise<void> {
    await this.sessionServices().revocation.revoke(token)
  }

  /**
   * Ends a session and all its tokens; with `subject`, only if the session belongs to it. Returns whether a session
   * was ended. `subject` is a `sub`, or the number that was given to `issue`.
   */
  async revokeSession(sessionId: string, options: RevokeSessionOptions = {}): Promise<boolean> {
    const { subject } = ownMembers(options, REVOKE_SESSION)
    const owner = subject === undefined ? undefined : namedSubject(subject, this.dependencies.subject)
    return this.sessionServices().revocation.revokeSession(sessionId, owner)
  }

  /**
   * Ends all sessions of a subject except the one named by `except`, and all tokens without a session. Tokens issued
   * after this call are valid. `subject` is a `sub`, or the number that was given to `issue`. Returns how many sessions
   * ended.
   */
  async revokeAll(subject: string | number, options: RevokeAllOptions = {}): Promise<number> {
    const { except } = ownMembers(options, REVOKE_ALL)
    return this.sessionServices().revocation.revokeAll(
      namedSubject(subject, this.dependencies.subject),
      except,
    )
  }

  /** The sessions of a subject, the last used first. `subject` is a `sub`, or the number that was given to `issue`. */
  async sessions(subject: string | number): Promise<AuthSession[]> {
    return this.sessionServices().revocation.sessions(namedSubject(subject, this.dependencies.subject))
  }

  /** A token that can be used once, for one purpose such as `password-reset`: its `typ` is `<purpose>+jwt`. */
  async issueOneTimeToken(
    purpose: string,
    identity: Identity,
    options: OneTimeTokenOptions,
  ): Promise<string> {
    const reading = this.dependencies.keys.demandSigningKey()
    if (reading !== undefined) await reading
    const checked = checkOneTimeOptions(options)
    const subject = subjectOf(identity, this.dependencies.subject)
    return this.sessionServices().oneTime.issue(purpose, identity, subject, checked)
  }

  /** Succeeds once, then throws `token_revoked`. A call with another purpose does not use the token up. */
  async consumeOneTimeToken(purpose: string, token: string): Promise<VerifiedToken> {
    return this.sessionServices().oneTime.consume(purpose, token)
  }

  /** The asymmetric public keys as a JWK Set (RFC 7517 section 5), for services that verify tokens. */
  publicKeys(): JSONWebKeySet {
    return this.dependencies.keys.publicKeys()
  }

  private accessAlone(
    identity: unknown,
    subject: string,
    authTime: number | undefined,
    options: CheckedIssueOptions,
  ): Promise<IssuedToken> {
    return this.dependencies.issuer.accessToken({ identity, subject, authTime, sid: undefined }, options)
  }

  /** With `claimsMode: 'replace'` there may be no `jti`. */
  private noteIssued(subject: string, { claims }: IssuedToken): void {
    this.dependencies.events.emit('token.issued', { subject, jti: claims['jti'] as string | undefined })
  }

  private sessionServices(): SessionServices {
    const { sessions } = this.dependencies
    if (sessions !== undefined) return sessions
    throw new JwtAuthUsageError(
      'sessions_disabled',
      'This call needs sessions, but the option `refreshToken: false` switches them off. Remove that option.',
    )
  }

  /** A refresh finds the identity by its subject, and must give the claims loader what `issue` gave it. */
  private demandIdentityLoader(identity: unknown, subject: string): void {
    const { sessions, claimsLoader, identityLoader } = this.dependencies
    if (sessions === undefined || identity === subject) return
    if (claimsLoader() === undefined || identityLoader() !== undefined) return
    throw new JwtAuthUsageError(
      'identity_loader_required',
      'A refresh runs the claims loader again, and without an identity loader it only knows the subject string. ' +
        'Set the option `identityLoader`, or issue tokens for the subject string, or set `refreshToken: false`.',
    )
  }

  private authTime({ authTime }: CheckedIssueOptions): number | undefined {
    return checkedAuthTime(authTime, this.dependencies.clock.now())
  }
}
