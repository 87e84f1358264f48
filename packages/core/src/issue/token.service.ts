import { Inject, Injectable } from '@nestjs/common'
import type { JSONWebKeySet } from 'jose'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { JwtAuthEvents } from '../events/jwt-auth-events.js'
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
import type { ClaimsLoader } from './claims-loader.js'
import type { IssueOptions, OneTimeTokenOptions, RefreshOptions } from './issue-options.js'
import type { OneTimeTokens } from './one-time-tokens.js'
import type { Revocation } from './revocation.js'
import type { SessionTokens } from './session-tokens.js'
import { subjectOf, type SubjectOf } from './subject.js'
import type { TokenIssuer } from './token-issuer.js'
import { TokenPair } from './token-pair.js'

/** What is there when the app remembers sessions. */
export interface SessionParts {
  readonly tokens: SessionTokens
  readonly revocation: Revocation
  readonly oneTime: OneTimeTokens
}

/** Under this token it gets what it works with. */
export const TOKEN_SERVICE_PARTS = Symbol('nest-jwt-auth:token-service-parts')

/** What the token service works with. */
export interface TokenServiceParts {
  readonly keys: KeyRing
  readonly issuer: TokenIssuer
  readonly verifier: TokenVerifier
  readonly check: SessionCheck
  /** Absent with `refreshToken: false`. */
  readonly sessions: SessionParts | undefined
  readonly events: JwtAuthEvents
  readonly subject: SubjectOf
  readonly claimsLoader: () => ClaimsLoader | undefined
  readonly identityLoader: () => IdentityLoader | undefined
}

/**
 * Issues, verifies, refreshes and revokes the app's own tokens. Throws a `JwtAuthError` for what a client may have got
 * wrong, `store_unavailable` for an outage, and a `JwtAuthUsageError` for what only the app's code can have got wrong.
 */
@Injectable()
export class TokenService {
  constructor(@Inject(TOKEN_SERVICE_PARTS) private readonly parts: TokenServiceParts) {}

  /**
   * Opens a session and returns its first pair of tokens; `auth_time` is now. With `refreshToken: false` there is no
   * session, and the pair is one access token. A handler that returns the pair is marked with `@TokenResponse()`.
   */
  async issue(identity: Identity, options: IssueOptions = {}): Promise<TokenPair> {
    checkOptions(options)
    const { issuer, sessions } = this.parts
    this.demandIdentityLoader(identity)
    const subject = subjectOf(identity, this.parts.subject)
    const authTime = this.authTime(options.authTime) ?? issuer.now()
    return sessions === undefined
      ? this.pairAlone(identity, subject, authTime, options)
      : sessions.tokens.open(identity, subject, authTime, options)
  }

  /** One access token without a session: `auth_time` only where `options.authTime` gives it. */
  async issueAccessToken(identity: Identity, options: IssueOptions = {}): Promise<string> {
    checkOptions(options)
    const subject = subjectOf(identity, this.parts.subject)
    const { accessToken } = await this.pairAlone(identity, subject, this.authTime(options.authTime), options)
    return accessToken
  }

  /**
   * The next pair of a session, for its current refresh token or, within the grace, its parent. Runs the loaders again.
   * Throws `token_*`, `refresh_reused`, `identity_unknown`; whatever it throws before the rotation, the refresh token is
   * still good.
   */
  async refresh(refreshToken: string, options: RefreshOptions = {}): Promise<TokenPair> {
    checkOptions(options)
    return this.sessionParts().tokens.refresh(refreshToken, options)
  }

  /** Checks everything that the guard checks of a token, its session too; an access token by default. */
  async verify(
    token: string,
    options: { readonly kind?: TokenKind | undefined } = {},
  ): Promise<VerifiedToken> {
    checkOptions(options)
    return this.parts.check.check(await this.parts.verifier.verify(token, options.kind ?? 'access'))
  }

  /** Header and claims as they stand there. Nothing is checked but the form: never decide anything by it. */
  decodeUnverified(token: string): UnverifiedToken {
    return decodeUnverified(token)
  }

  /** An access token: that token alone. A refresh token, even an expired or spent one: its session. */
  async revoke(token: string): Promise<void> {
    await this.sessionParts().revocation.revoke(token)
  }

  /** Ends a session and all its tokens; with `subject`, only where it is theirs. Answers whether there was one. */
  async revokeSession(
    sessionId: string,
    options: { readonly subject?: string | undefined } = {},
  ): Promise<boolean> {
    checkOptions(options)
    return this.sessionParts().revocation.revokeSession(sessionId, options.subject)
  }

  /**
   * Ends all sessions of a subject, but for that of `except`, and all tokens without a session. What is issued after
   * this call lives. Answers how many sessions ended.
   */
  async revokeAll(subject: string, options: { readonly except?: string | undefined } = {}): Promise<number> {
    checkOptions(options)
    return this.sessionParts().revocation.revokeAll(subject, options.except)
  }

  /** The sessions of a subject, the last used first. */
  async sessions(subject: string): Promise<AuthSession[]> {
    return this.sessionParts().revocation.sessions(subject)
  }

  /** A token for one use and one purpose, such as `password-reset`: its `typ` is `<purpose>+jwt`. */
  async issueOneTimeToken(
    purpose: string,
    identity: Identity,
    options: OneTimeTokenOptions,
  ): Promise<string> {
    checkOptions(options)
    const subject = subjectOf(identity, this.parts.subject)
    return this.sessionParts().oneTime.issue(purpose, identity, subject, options)
  }

  /** Succeeds once, ever; then throws `token_revoked`. A wrong purpose never burns the token. */
  async consumeOneTimeToken(purpose: string, token: string): Promise<VerifiedToken> {
    return this.sessionParts().oneTime.consume(purpose, token)
  }

  /** The asymmetric public keys, for others to verify with (RFC 7517 section 5). */
  publicKeys(): JSONWebKeySet {
    return this.parts.keys.publicKeys()
  }

  private async pairAlone(
    identity: unknown,
    subject: string,
    authTime: number | undefined,
    options: IssueOptions,
  ): Promise<TokenPair> {
    const { issuer, events } = this.parts
    const { token, expiresIn } = await issuer.accessToken(
      { identity, subject, authTime, sid: undefined },
      options,
    )
    events.emit('token.issued', { subject })
    return new TokenPair({ accessToken: token, expiresIn })
  }

  private sessionParts(): SessionParts {
    const { sessions } = this.parts
    if (sessions !== undefined) return sessions
    throw new JwtAuthUsageError(
      'sessions_disabled',
      'With refreshToken: false nothing is remembered. Remove it.',
    )
  }

  /** At a refresh only the subject is known, so what the claims loader was given must be found again. */
  private demandIdentityLoader(identity: unknown): void {
    const { sessions, claimsLoader, identityLoader } = this.parts
    if (sessions === undefined || typeof identity !== 'object') return
    if (claimsLoader() === undefined || identityLoader() !== undefined) return
    throw new JwtAuthUsageError(
      'identity_loader_required',
      'A refresh loads claims again, for an identity that must be found again: set the option `identityLoader`, ' +
        'or `refreshToken: false`.',
    )
  }

  private authTime(given: number | Date | undefined): number | undefined {
    if (given === undefined) return undefined
    const seconds = given instanceof Date ? Math.floor(given.getTime() / 1000) : given
    if (typeof seconds === 'number' && seconds >= 0 && seconds < this.parts.issuer.now() + 1) return seconds
    throw new JwtAuthUsageError(
      'auth_time_invalid',
      'authTime must be seconds since the epoch, not in the future.',
    )
  }
}

function checkOptions(options: unknown): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return
  throw new JwtAuthUsageError('options_invalid', 'The options of a call must be an object.')
}
