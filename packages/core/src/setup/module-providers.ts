import { Logger, type Provider } from '@nestjs/common'
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core'
import { AuthCookies } from '../cookies/auth-cookies.js'
import { authPath } from '../cookies/auth-path.js'
import { PairCookies } from '../cookies/pair-cookies.js'
import { AuthErrorPresenter, DefaultAuthErrorPresenter } from '../errors/auth-error-presenter.js'
import { JwtAuthEvents } from '../events/jwt-auth-events.js'
import { TokenIssuer } from '../issue/token-issuer.js'
import {
  type SessionParts,
  TOKEN_SERVICE_PARTS,
  TokenService,
  type TokenServiceParts,
} from '../issue/token.service.js'
import { JwtAuthErrorFilter } from '../nest/filter/jwt-auth-error.filter.js'
import { JwtAuthContext } from '../nest/context/jwt-auth.context.js'
import { GuardOverride, JwtGuard } from '../nest/guard/jwt.guard.js'
import { RefusalReporter } from '../nest/filter/refusal-reporter.js'
import { RefusalResponder } from '../nest/filter/refusal-responder.js'
import { RequestAuthenticator } from '../nest/guard/request-authenticator.js'
import { RequestScope } from '../nest/context/request-scope.js'
import { RouteRulesReader } from '../nest/guard/route-rules-reader.js'
import { TokenAnswers } from '../nest/token-answers.js'
import type { SessionCheck } from '../sessions/live-token.js'
import { TokenVerifier } from '../token/token-verifier.js'
import { Clock, SystemClock } from '../time/clock.js'
import { AppProviders } from './app-providers.js'
import { checkEndpoints } from './check-endpoints.js'
import { checkSessionStore } from './check-session-store.js'
import { bootWarnings } from './boot-warnings.js'
import type { JwtAuthExtras, JwtAuthOptions } from './jwt-auth-options.js'
import { EXTRAS, MODULE_OPTIONS_TOKEN } from './jwt-auth.module-definition.js'
import { readableOptions, refuseUnknown } from './known-options.js'
import { Problems } from './problems.js'
import { RequestNeeds } from './request-needs.js'
import { resolveOptions } from './resolve-options.js'
import { SESSION_CHECK, SESSION_PARTS, sessionProviders } from './session-providers.js'
import { type Settings, SETTINGS } from './settings.js'

/** Everything is checked here, once, before anything else of the module is built. */
const boot: Provider[] = [
  { provide: Clock, useClass: SystemClock },
  {
    provide: RequestNeeds,
    useFactory: (modules: ModulesContainer) => new RequestNeeds(modules),
    inject: [ModulesContainer],
  },
  {
    provide: SETTINGS,
    useFactory: async (
      options: JwtAuthOptions,
      extras: JwtAuthExtras,
      app: AppProviders,
    ): Promise<Settings> => {
      const problems = new Problems()
      if (typeof options !== 'object' || options === null) {
        problems.add(
          'forRootAsync',
          'has a factory that returns no options',
          'Return an object with at least a secret',
        )
        problems.throwIfAny()
      }
      refuseUnknown(options, extras, problems)
      app.checkGraph(problems)
      checkEndpoints(options, extras, problems)
      checkSessionStore(options, extras, problems)
      const settings = await resolveOptions(readableOptions(options), problems)
      problems.throwIfAny()
      for (const warning of bootWarnings(options)) new Logger('JwtAuth').warn(warning)
      return settings as Settings
    },
    inject: [MODULE_OPTIONS_TOKEN, EXTRAS, AppProviders],
  },
]

const tokens: Provider[] = [
  {
    provide: TokenAnswers,
    useFactory: (needs: RequestNeeds) => new TokenAnswers((controller) => needs.mayIssue(controller)),
    inject: [RequestNeeds],
  },
  {
    provide: TokenVerifier,
    useFactory: ({ keys, claims, rememberedTokens }: Settings, clock: Clock) =>
      new TokenVerifier(keys, claims, clock, rememberedTokens),
    inject: [SETTINGS, Clock],
  },
  ...sessionProviders,
  {
    provide: TOKEN_SERVICE_PARTS,
    useFactory: (
      { keys, subject }: Settings,
      issuer: TokenIssuer,
      verifier: TokenVerifier,
      check: SessionCheck,
      sessions: SessionParts | undefined,
      events: JwtAuthEvents,
      app: AppProviders,
      answers: TokenAnswers,
    ): TokenServiceParts => ({
      keys,
      issuer,
      verifier,
      check,
      sessions,
      events,
      subject,
      claimsLoader: () => app.claimsLoader(),
      identityLoader: () => app.identityLoader(),
      onIssued: () => answers.note(),
    }),
    inject: [
      SETTINGS,
      TokenIssuer,
      TokenVerifier,
      SESSION_CHECK,
      SESSION_PARTS,
      JwtAuthEvents,
      AppProviders,
      TokenAnswers,
    ],
  },
  TokenService,
]

const edge: Provider[] = [
  {
    provide: AuthErrorPresenter,
    useFactory: ({ challenge }: Settings) => new DefaultAuthErrorPresenter(challenge),
    inject: [SETTINGS],
  },
  {
    provide: RefusalResponder,
    useFactory: (adapterHost: HttpAdapterHost, app: AppProviders, { challenge }: Settings) =>
      new RefusalResponder(adapterHost, () => app.presenter(), new DefaultAuthErrorPresenter(challenge)),
    inject: [HttpAdapterHost, AppProviders, SETTINGS],
  },
  {
    provide: RefusalReporter,
    useFactory: (responder: RefusalResponder, events: JwtAuthEvents) =>
      new RefusalReporter(responder, events),
    inject: [RefusalResponder, JwtAuthEvents],
  },
  {
    provide: RequestAuthenticator,
    useFactory: (
      { locations, toReadLocation, csrf, attachIdentityAs }: Settings,
      verifier: TokenVerifier,
      sessions: SessionCheck,
      app: AppProviders,
      clock: Clock,
      refusals: RefusalReporter,
      scope: RequestScope,
    ) =>
      new RequestAuthenticator(
        { verifier, csrf, clock, sessions, identityLoader: () => app.identityLoader() },
        new RouteRulesReader(locations, toReadLocation, attachIdentityAs !== undefined),
        refusals,
        scope,
        attachIdentityAs,
      ),
    inject: [SETTINGS, TokenVerifier, SESSION_CHECK, AppProviders, Clock, RefusalReporter, RequestScope],
  },
  RequestScope,
  JwtAuthContext,
  {
    provide: JwtAuthErrorFilter,
    useFactory: (responder: RefusalResponder) => new JwtAuthErrorFilter(responder),
    inject: [RefusalResponder],
  },
  {
    provide: PairCookies,
    useFactory: (
      { cookies, keys }: Settings,
      clock: Clock,
      { endpoints }: JwtAuthExtras,
      config: ApplicationConfig,
    ) => new PairCookies(cookies, keys, clock, () => authPath(endpoints?.path, config)),
    inject: [SETTINGS, Clock, EXTRAS, ApplicationConfig],
  },
  {
    provide: AuthCookies,
    useFactory: (adapterHost: HttpAdapterHost, cookies: PairCookies) => new AuthCookies(adapterHost, cookies),
    inject: [HttpAdapterHost, PairCookies],
  },
  {
    provide: GuardOverride,
    useFactory: (app: AppProviders) => new GuardOverride(() => app.guardOverride()),
    inject: [AppProviders],
  },
  JwtGuard,
]

/** All but `AppProviders`, which must know the module. */
export const moduleProviders: readonly Provider[] = [...boot, ...tokens, ...edge]
