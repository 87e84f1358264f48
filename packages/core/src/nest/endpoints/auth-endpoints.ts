import { type ExecutionContext, NotFoundException } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Revocation } from '../../issue/revocation.js'
import type { TokenPair } from '../../issue/token-pair.js'
import type { TokenService } from '../../issue/token.service.js'
import type { JwtClaims } from '../../register.js'
import { locateToken } from '../../request/locate/locate-token.js'
import type { ReadLocation } from '../../request/locate/locations.js'
import type { AuthSession } from '../../sessions/session.js'
import type { RefusalReporter } from '../filter/refusal-reporter.js'
import type { RefusalResponder } from '../filter/refusal-responder.js'
import { guardedCall } from '../guard/guarded-calls.js'
import type { Call } from '../transports/call.js'
import { callOf } from '../transports/find-call.js'
import type { Authenticator } from './authenticator.js'
import type { CookieMode } from './cookie-mode.js'
import { readCredentials } from './credentials.js'
import { missingLogoutToken, missingRefreshToken } from './describe-missing.js'
import { EndpointAnswer } from './endpoint-answer.js'
import type { EndpointName } from './endpoint-routes.js'

type Location = ReadLocation<ExecutionContext>

export interface AuthEndpointsDependencies {
  readonly tokens: TokenService
  /** Absent with `refreshToken: false`, and then no route needs it. */
  readonly revocation: Revocation | undefined
  readonly authenticator: () => Authenticator | undefined
  /** The names of the members of a login's body. */
  readonly login: { readonly username: string; readonly password: string }
  readonly locations: readonly Location[]
  /** The body's `access_token` and `refresh_token`. */
  readonly body: Location
  /** Set if `'cookie'` is among the locations. */
  readonly cookies: CookieMode | undefined
  readonly refusals: RefusalReporter
  readonly responder: RefusalResponder
}

/** A session as its own user is shown it; times become ISO 8601 strings in JSON. */
export interface ListedSession extends Omit<AuthSession, 'subject'> {
  /** Whether the access token of this very request belongs to it. */
  readonly current: boolean
}

/** What the ready-made routes do. */
export class AuthEndpoints {
  constructor(private readonly dependencies: AuthEndpointsDependencies) {}

  /** Answers a request, or throws the refusal, which has then been reported as the guard reports its own. */
  async answer(name: EndpointName, context: ExecutionContext): Promise<EndpointAnswer> {
    try {
      return await this[name](callOf(context))
    } catch (error) {
      if (error instanceof JwtAuthError) {
        this.dependencies.refusals.report(error, context)
        await this.dependencies.responder.setHeaders(error, context, true)
      }
      throw error
    }
  }

  private async login(carrier: Call): Promise<EndpointAnswer> {
    const { authenticator, login, tokens, cookies } = this.dependencies
    cookies?.checkOrigin(carrier)
    const credentials = readCredentials(carrier.body, login)
    const identity = await authenticator()?.authenticate(credentials, carrier.context)
    if (identity === null || identity === undefined) {
      throw new JwtAuthError('credentials_invalid', { reason: 'the authenticator found nobody' })
    }
    return this.send(carrier, await tokens.issue(identity, { session: { metadata: deviceOf(carrier) } }))
  }

  /** RFC 6749 section 6, but for `grant_type`: this is no authorization server. */
  private async refresh(carrier: Call): Promise<EndpointAnswer> {
    const { body, cookies, tokens } = this.dependencies
    cookies?.checkOrigin(carrier)
    const locations = cookies === undefined ? [body] : [body, cookies.location]
    try {
      const presented = locateToken(carrier, locations, 'refresh')
      if (presented === undefined) throw missingRefreshToken(carrier, cookies !== undefined)
      await cookies?.checkSubmitted(presented, carrier)
      return this.send(carrier, await tokens.refresh(presented.token))
    } catch (error) {
      cookies?.clearRefused(error, carrier, locations)
      throw error
    }
  }

  /** Any tokens of the caller, expired or spent ones too. As in RFC 7009 section 2, a token that is dead is no error. */
  private async logout(carrier: Call): Promise<EndpointAnswer> {
    const { locations, body, cookies, revocation } = this.dependencies
    cookies?.checkOrigin(carrier)
    const others = locations.filter(({ byCookie }) => byCookie !== true)
    const presented = [
      locateToken(carrier, others, 'access')?.token,
      locateToken(carrier, [body], 'access')?.token,
      locateToken(carrier, [body], 'refresh')?.token,
    ].filter((token) => token !== undefined)
    // After a logout a browser has nothing left to present.
    if (presented.length === 0 && cookies === undefined) throw missingLogoutToken(carrier)
    await revocation?.logOut([...new Set(presented)])
    await cookies?.logOut(carrier)
    return new EndpointAnswer(204)
  }

  private async logoutAll(carrier: Call): Promise<EndpointAnswer> {
    await this.dependencies.tokens.revokeAll(claimsOf(carrier).sub)
    this.dependencies.cookies?.clear(carrier)
    return new EndpointAnswer(204)
  }

  private async sessions(carrier: Call): Promise<EndpointAnswer> {
    const { sub, sid } = claimsOf(carrier)
    const sessions = await this.dependencies.tokens.sessions(sub)
    return new EndpointAnswer(
      200,
      sessions.map((session) => listed(session, sid)),
    )
  }

  /** Another's session and none at all are answered alike. */
  private async endSession(carrier: Call): Promise<EndpointAnswer> {
    const request = carrier.context.switchToHttp().getRequest<{ readonly params: { readonly id: string } }>()
    const { id } = request.params
    const { sub, sid } = claimsOf(carrier)
    const hasEnded = await this.dependencies.tokens.revokeSession(id, { subject: sub })
    if (!hasEnded) return NO_SUCH_SESSION
    if (id === sid) this.dependencies.cookies?.clear(carrier)
    return new EndpointAnswer(204)
  }

  /** RFC 6749 section 5.1. In cookie mode the body holds no token. */
  private send(carrier: Call, pair: TokenPair): EndpointAnswer {
    return new EndpointAnswer(200, this.dependencies.cookies?.send(carrier, pair) ?? pair)
  }
}

const NO_SUCH_SESSION = new EndpointAnswer(
  404,
  Object(new NotFoundException('There is no such session.').getResponse()) as object,
)

/** Of the access token that the guard let in. */
function claimsOf({ holder }: Call): JwtClaims {
  const authentication = guardedCall(holder)?.authentication
  if (authentication === undefined) {
    throw new JwtAuthError('token_missing', { reason: 'no guard ran for this route' })
  }
  if (authentication.live?.origin?.kind === 'foreign') {
    throw new JwtAuthError('token_wrong_type', {
      reason: 'sessions here are not for tokens of other issuers',
    })
  }
  return authentication.claims
}

function listed(session: AuthSession, sid: string | undefined): ListedSession {
  const { id, createdAt, lastUsedAt, expiresAt, authTime, metadata } = session
  return { id, createdAt, lastUsedAt, expiresAt, authTime, metadata, current: id === sid }
}

/** Kept with the session, so that its user can distinguish devices. */
function deviceOf(carrier: Call): Readonly<Record<string, string>> {
  const [userAgent = ''] = carrier.headerValues('user-agent')
  return userAgent === '' ? {} : { userAgent: userAgent.slice(0, 256) }
}
