import type { Provider } from '@nestjs/common'
import { type SessionParts, TokenService } from '../issue/token.service.js'
import { AuthCookies } from '../cookies/auth-cookies.js'
import { AuthEndpoints } from '../nest/endpoints/auth-endpoints.js'
import { CookieMode } from '../nest/endpoints/cookie-mode.js'
import { type EndpointRoutes, loginRoute } from '../nest/endpoints/endpoint-routes.js'
import { RefusalReporter } from '../nest/filter/refusal-reporter.js'
import { TokenVerifier } from '../token/token-verifier.js'
import { AppProviders } from './app-providers.js'
import { SESSION_PARTS } from './session-providers.js'
import { type Settings, SETTINGS } from './settings.js'

/** What the ready-made routes work with, where there are any. */
export function endpointProviders(routes: EndpointRoutes): Provider[] {
  return [
    {
      provide: CookieMode,
      useFactory: (
        { cookies: { inUse }, csrf, toReadLocation }: Settings,
        cookies: AuthCookies,
        verifier: TokenVerifier,
        sessions: SessionParts | undefined,
      ) =>
        inUse
          ? new CookieMode(cookies, csrf, verifier, sessions?.revocation, toReadLocation('cookie'))
          : undefined,
      inject: [SETTINGS, AuthCookies, TokenVerifier, SESSION_PARTS],
    },
    {
      provide: AuthEndpoints,
      useFactory: (
        { locations, toReadLocation }: Settings,
        tokens: TokenService,
        sessions: SessionParts | undefined,
        app: AppProviders,
        refusals: RefusalReporter,
        cookies: CookieMode | undefined,
      ) =>
        new AuthEndpoints({
          tokens,
          revocation: sessions?.revocation,
          authenticator: () => app.authenticator(),
          login: loginRoute(routes),
          locations,
          body: toReadLocation('body'),
          cookies,
          refusals,
        }),
      inject: [SETTINGS, TokenService, SESSION_PARTS, AppProviders, RefusalReporter, CookieMode],
    },
  ]
}
