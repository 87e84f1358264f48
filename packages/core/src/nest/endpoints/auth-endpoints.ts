import { type ExecutionContext, NotFoundException } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Revocation } from '../../issue/revocation.js'
import type { TokenPair } from '../../issue/token-pair.js'
import type { TokenService } from '../../issue/token.service.js'
import type { JwtClaims } from '../../register.js'
import type { Carrier } from '../../request/locate/carrier.js'
import { locateToken, type PresentedToken } from '../../request/locate/locate-token.js'
import type { ReadLocation } from '../../request/locate/locations.js'
import type { TokenKind } from '../../token/token-kind.js'
import type { AuthSession } from '../../sessions/session.js'
import { guardedRequest } from '../guard/guarded-requests.js'
import type { RefusalReporter } from '../filter/refusal-reporter.js'
import { carrierOf } from '../transports/transport.js'
import type { Authenticator } from './authenticator.js'
import type { CookieMode, TokenLifetimes } from './cookie-mode.js'
import { readCredentials } from './credentials.js'
import { contextOf } from './endpoint-context.js'

export interface AuthEndpointsParts {
  readonly tokens: TokenService
  /** Absent with `refreshToken: false`, and then no route needs it. */
  readonly revocation: Revocation | undefined
  readonly authenticator: () => Authenticator | undefined
  /** What a login calls its members. */
  readonly login: { readonly username: string; readonly password: string }
  readonly locations: readonly ReadLocation<ExecutionContext>[]
  /** The body's `access_token` and `refresh_token`. */
  readonly body: ReadLocation<ExecutionContext>
  /** Where `'cookie'` is among the locations. */
  readonly cookies: CookieMode | undefined
  readonly refusals: RefusalReporter
}

/** In cookie mode the body holds no token. */
export type TokenAnswer = TokenPair | TokenLifetimes

/** A session as its own user is shown it; times become ISO 8601 texts in JSON. */
export interface ListedSession extends Omit<AuthSession, 'subject'> {
  /** Whether the access token of this very request belongs to it. */
  readonly current: boolean
}

/** What the ready-made routes do with the request under way. */
export class AuthEndpoints {
  constructor(private readonly parts: AuthEndpointsParts) {}

  /** RFC 6749 section 5.1: the answer. In cookie mode the tokens are in cookies instead. */
  login(request: object): Promise<TokenAnswer> {
    return this.answer(request, async (carrier) => {
      const { authenticator, login, tokens, cookies } = this.parts
      cookies?.checkOrigin(carrier)
      const credentials = readCredentials(carrier.body, login)
      const identity = await authenticator()?.authenticate(credentials, carrier.context)
      if (identity === null || identity === undefined) {
        throw new JwtAuthError('credentials_invalid', { reason: 'the authenticator found nobody' })
      }
      const pair = await tokens.issue(identity, { session: { metadata: deviceOf(carrier) } })
      return cookies === undefined ? pair : cookies.send(carrier, pair)
    })
  }

  /** RFC 6749 section 6, but for `grant_type`: this is no authorization server. */
  refresh(request: object): Promise<TokenAnswer> {
    return this.answer(request, async (carrier) => {
      const { body, cookies } = this.parts
      cookies?.checkOrigin(carrier)
      const locations = cookies === undefined ? [body] : [body, cookies.location]
      const presented = locateToken(carrier, locations, 'refresh')
      if (presented === undefined) throw missing('neither the body nor a cookie carries a refresh token')
      const pair = await this.successor(presented, carrier)
      return cookies === undefined ? pair : cookies.send(carrier, pair)
    })
  }

  /** Any tokens of the caller's, expired or spent ones too: as in RFC 7009 section 2, what is dead already is no error. */
  logout(request: object): Promise<void> {
    return this.answer(request, async (carrier) => {
      const { locations, body, cookies, revocation } = this.parts
      cookies?.checkOrigin(carrier)
      const others = locations.filter(({ byCookie }) => byCookie !== true)
      const presented = [
        tokenIn(carrier, others, 'access'),
        tokenIn(carrier, [body], 'access'),
        tokenIn(carrier, [body], 'refresh'),
      ].filter((token) => token !== undefined)
      // After a logout a browser has nothing left to present.
      if (presented.length === 0 && cookies === undefined) {
        throw missing('neither a location nor the body carries a token')
      }
      await revocation?.logOut([...new Set(presented)])
      await cookies?.logOut(carrier)
    })
  }

  logoutAll(request: object): Promise<void> {
    return this.answer(request, async (carrier) => {
      await this.parts.tokens.revokeAll(claimsOf(request).sub)
      this.parts.cookies?.clear(carrier)
    })
  }

  sessions(request: object): Promise<ListedSession[]> {
    return this.answer(request, async () => {
      const { sub, sid } = claimsOf(request)
      const sessions = await this.parts.tokens.sessions(sub)
      return sessions.map((session) => listed(session, sid))
    })
  }

  /** Another's session and none at all are answered alike. */
  endSession(request: object): Promise<void> {
    return this.answer(request, async (carrier) => {
      const { id } = (request as { readonly params: { readonly id: string } }).params
      const { sub, sid } = claimsOf(request)
      const ended = await this.parts.tokens.revokeSession(id, { subject: sub })
      if (!ended) throw new NotFoundException('There is no such session.')
      if (id === sid) this.parts.cookies?.clear(carrier)
    })
  }

  /** A cookie that is refused for good is cleared: the browser would only send it again. */
  private async successor(presented: PresentedToken, carrier: Carrier<ExecutionContext>): Promise<TokenPair> {
    const { tokens, cookies } = this.parts
    try {
      await cookies?.checkSubmitted(presented, carrier)
      return await tokens.refresh(presented.text)
    } catch (error) {
      const isDead = error instanceof JwtAuthError && error.getStatus() === 401
      if (isDead && presented.byCookie) cookies?.clear(carrier)
      throw error
    }
  }

  /** Refusals are told as the guard tells its own. */
  private async answer<T>(
    request: object,
    work: (carrier: Carrier<ExecutionContext>) => Promise<T>,
  ): Promise<T> {
    const context = contextOf(request)
    try {
      return await work(carrierOf(context))
    } catch (error) {
      if (error instanceof JwtAuthError) await this.parts.refusals.report(error, context, true)
      throw error
    }
  }
}

/** Of the access token that the guard let in. */
function claimsOf(request: object): JwtClaims {
  const claims = guardedRequest(request)?.authentication?.claims
  if (claims === undefined) throw missing('no guard ran for this route')
  return claims
}

function listed(session: AuthSession, sid: string | undefined): ListedSession {
  const { id, createdAt, lastUsedAt, expiresAt, authTime, metadata } = session
  return { id, createdAt, lastUsedAt, expiresAt, authTime, metadata, current: id === sid }
}

function tokenIn(
  carrier: Carrier<ExecutionContext>,
  locations: readonly ReadLocation<ExecutionContext>[],
  kind: TokenKind,
): string | undefined {
  return locateToken(carrier, locations, kind)?.text
}

/** Kept with the session, so that its user knows one device from another. */
function deviceOf(carrier: Carrier): Readonly<Record<string, string>> {
  const [userAgent = ''] = carrier.headerValues('user-agent')
  return userAgent === '' ? {} : { userAgent: userAgent.slice(0, 256) }
}

function missing(reason: string): JwtAuthError<'token_missing'> {
  return new JwtAuthError('token_missing', { reason })
}
