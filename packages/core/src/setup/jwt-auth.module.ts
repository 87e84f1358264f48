import {
  type DynamicModule,
  Inject,
  type InjectionToken,
  Module,
  type NestModule,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common'
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core'
import { AuthErrorPresenter } from '../errors/auth-error-presenter.js'
import { JwtAuthEvents } from '../events/jwt-auth-events.js'
import { TokenService } from '../issue/token.service.js'
import { JwtAuthContextInterceptor } from '../nest/context/jwt-auth-context.interceptor.js'
import { JwtAuthContext } from '../nest/context/jwt-auth.context.js'
import { AuthCookies } from '../nest/cookies/auth-cookies.js'
import { RequestScope } from '../nest/context/request-scope.js'
import { AuthEndpoints } from '../nest/endpoints/auth-endpoints.js'
import { JwtAuthErrorFilter } from '../nest/filter/jwt-auth-error.filter.js'
import { GuardOverride, JwtGuard } from '../nest/guard/jwt.guard.js'
import { RequestAuthenticator } from '../nest/guard/request-authenticator.js'
import { Clock, SystemClock } from '../time/clock.js'
import { AppProviders } from './app-providers.js'
import { boot } from './boot.js'
import { compose, type Composition } from './compose.js'
import type { JwtAuthExtras } from './jwt-auth-options.js'
import { ConfigurableModuleClass, EXTRAS, MODULE_OPTIONS_TOKEN } from './jwt-auth.module-definition.js'
import { Problems } from './problems.js'
import { type Settings, SETTINGS } from './settings.js'

const COMPOSITION = Symbol('nest-jwt-auth:composition')

/**
 * JWT authentication for one Nest app: `JwtAuthModule.forRoot(options)` or `forRootAsync({ useFactory, … })`, once, in
 * the root module. Throws a `JwtAuthConfigError` at boot that lists everything that is wrong.
 */
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    {
      provide: AppProviders,
      useFactory: (modules: ModulesContainer, extras: JwtAuthExtras) =>
        new AppProviders(modules, extras, JwtAuthModule),
      inject: [ModulesContainer, EXTRAS],
    },
    { provide: SETTINGS, useFactory: boot, inject: [MODULE_OPTIONS_TOKEN, EXTRAS, AppProviders] },
    {
      provide: COMPOSITION,
      useFactory: (
        settings: Settings,
        clock: Clock,
        app: AppProviders,
        adapterHost: HttpAdapterHost,
        { endpoints = {}, requestContext = false }: JwtAuthExtras,
      ) =>
        compose(settings, {
          clock,
          app,
          adapterHost,
          routes: endpoints,
          requestContext,
        }),
      inject: [SETTINGS, Clock, AppProviders, HttpAdapterHost, EXTRAS],
    },
    part(TokenService, ({ tokens }) => tokens),
    part(AuthCookies, ({ cookies }) => cookies),
    part(JwtAuthEvents, ({ events }) => events),
    part(AuthErrorPresenter, ({ presenter }) => presenter),
    part(JwtAuthErrorFilter, ({ responder }) => new JwtAuthErrorFilter(responder)),
    part(RequestAuthenticator, ({ authenticator }) => authenticator),
    part(RequestScope, ({ scope }) => scope),
    part(AuthEndpoints, ({ endpoints }) => endpoints),
    {
      provide: GuardOverride,
      useFactory: (app: AppProviders) => new GuardOverride(() => app.guardOverride()),
      inject: [AppProviders],
    },
    JwtAuthContext,
    JwtGuard,
  ],
  exports: [
    TokenService,
    AuthCookies,
    AuthErrorPresenter,
    JwtAuthEvents,
    JwtAuthContext,
    JwtGuard,
    GuardOverride,
    RequestAuthenticator,
    RequestScope,
    Clock,
    SETTINGS,
  ],
})
export class JwtAuthModule extends ConfigurableModuleClass implements NestModule, OnModuleInit {
  static override forRoot(options: Parameters<typeof ConfigurableModuleClass.forRoot>[0]): DynamicModule {
    refuseNoObject('forRoot', options)
    return super.forRoot(options)
  }

  static override forRootAsync(
    options: Parameters<typeof ConfigurableModuleClass.forRootAsync>[0],
  ): DynamicModule {
    refuseNoObject('forRootAsync', options)
    return super.forRootAsync(options)
  }

  /** Nest asks filters from the last to the first: ours is put first, so that the app's own are asked before it. */
  constructor(
    @Inject(AppProviders) private readonly app: AppProviders,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(RequestScope) private readonly scope: RequestScope,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(JwtAuthErrorFilter) filter: JwtAuthErrorFilter,
  ) {
    super()
    config.getGlobalFilters().unshift(filter)
    if (scope.isKept) config.getGlobalInterceptors().unshift(new JwtAuthContextInterceptor(scope))
  }

  /** Nest calls this while it sets up middleware: the adapter is there, and no route is. */
  configure(): void {
    const adapter = this.adapterHost.httpAdapter as typeof this.adapterHost.httpAdapter | undefined
    if (this.scope.isKept && adapter !== undefined) this.scope.mountOn(adapter)
  }

  onModuleInit(): void {
    this.app.checkScopes()
  }
}

/** Provides one part of the composition under the token that others inject. */
function part<T>(token: InjectionToken<T>, pick: (composition: Composition) => T): Provider {
  return { provide: token, useFactory: pick, inject: [COMPOSITION] }
}

/** Reports what Nest itself would fail on with an unrelated error. */
function refuseNoObject(method: string, options: unknown): void {
  const problems = new Problems()
  if (typeof options !== 'object' || options === null) {
    problems.add(method, 'is given no options', 'Give an object with at least a secret')
  }
  problems.throwIfAny()
}
