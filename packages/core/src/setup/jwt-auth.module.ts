import {
  type DynamicModule,
  Inject,
  type InjectionToken,
  Module,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common'
import { AuthErrorPresenter } from '../errors/auth-error-presenter.js'
import { JwtAuthEvents } from '../events/jwt-auth-events.js'
import { TokenService } from '../issue/token.service.js'
import { KeyService } from '../issue/key.service.js'
import { AUDIT_SETTINGS, type AuditSettings } from '../nest/audit/route-audit.js'
import { JwtAuthContextInterceptor } from '../nest/context/jwt-auth-context.interceptor.js'
import { JwtAuthContext } from '../nest/context/jwt-auth.context.js'
import { AuthCookies } from '../nest/cookies/auth-cookies.js'
import { RequestScope } from '../nest/context/request-scope.js'
import { AuthEndpoints } from '../nest/endpoints/auth-endpoints.js'
import { JwtAuthErrorFilter } from '../nest/filter/jwt-auth-error.filter.js'
import { LoginFailures } from '../nest/filter/login-failures.js'
import { GuardDelegate, JwtGuard } from '../nest/guard/jwt.guard.js'
import { findHttpAdapter } from '../nest/http-adapter.js'
import { JwtSockets } from '../nest/sockets/jwt-sockets.js'
import { addLastAskedFilter, addOutermostInterceptor } from '../nest/nest-internals.js'
import { REFUSAL_FORMS } from '../nest/transports/refusal-form.js'
import { OpenConnections } from '../sessions/open-connections.js'
import { Clock, SystemClock, WholeClock } from '../time/clock.js'
import { AppProviders } from './app-providers.js'
import { auditAtBoot, warnOfOpenConnections } from './audit-at-boot.js'
import { boot } from './boot.js'
import { compose, type Composition } from './compose.js'
import type { JwtAuthOptions } from './jwt-auth-options.js'
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './jwt-auth.module-definition.js'
import { inputProviders, MODULE_INPUTS, type ModuleInputs } from './module-inputs.js'
import { withFactory } from './options-factory.js'
import { refuseHiddenOptions } from './options/read-options.js'
import { Problems } from './problems.js'
import { type Settings, SETTINGS } from './settings.js'

const COMPOSITION = Symbol('nest-jwt-auth:composition')

/**
 * JWT authentication for one Nest app: `JwtAuthModule.forRoot(options)` or `forRootAsync({ useFactory, … })`, once, in
 * the root module. Throws a `JwtAuthConfigError` at boot that lists all problems.
 */
@Module({
  providers: [
    ...inputProviders,
    { provide: Clock, useClass: SystemClock },
    {
      provide: AppProviders,
      useFactory: ({ modules, extras }: ModuleInputs) => new AppProviders(modules, extras, JwtAuthModule),
      inject: [MODULE_INPUTS],
    },
    {
      provide: SETTINGS,
      useFactory: (options: JwtAuthOptions, { extras }: ModuleInputs, app: AppProviders, clock: Clock) =>
        boot(options, extras, app, clock.now()),
      inject: [MODULE_OPTIONS_TOKEN, MODULE_INPUTS, AppProviders, Clock],
    },
    { provide: AUDIT_SETTINGS, useFactory: ({ audit }: Settings) => audit, inject: [SETTINGS] },
    {
      provide: COMPOSITION,
      useFactory: (settings: Settings, clock: Clock, app: AppProviders, inputs: ModuleInputs) => {
        const { endpoints = {}, requestContext = false } = inputs.extras
        return compose(settings, {
          clock: new WholeClock(clock),
          app,
          adapterHost: inputs.adapterHost,
          routes: endpoints,
          requestContext,
        })
      },
      inject: [SETTINGS, Clock, AppProviders, MODULE_INPUTS],
    },
    part(TokenService, ({ tokens }) => tokens),
    part(KeyService, ({ keyService }) => keyService),
    part(AuthCookies, ({ cookies }) => cookies),
    part(JwtAuthEvents, ({ events }) => events),
    part(AuthErrorPresenter, ({ presenter }) => presenter),
    part(REFUSAL_FORMS, ({ forms }) => forms),
    JwtAuthErrorFilter,
    part(LoginFailures, ({ loginFailures }) => loginFailures),
    part(RequestScope, ({ scope }) => scope),
    part(OpenConnections, ({ connections }) => connections),
    part(JwtSockets, ({ sockets }) => sockets),
    part(AuthEndpoints, ({ endpoints }) => endpoints),
    GuardDelegate,
    JwtAuthContext,
    JwtGuard,
  ],
  exports: [
    TokenService,
    KeyService,
    AuthCookies,
    JwtSockets,
    AuthErrorPresenter,
    JwtAuthEvents,
    JwtAuthContext,
    JwtGuard,
    GuardDelegate,
    LoginFailures,
    RequestScope,
    REFUSAL_FORMS,
    OpenConnections,
    Clock,
    SETTINGS,
  ],
})
export class JwtAuthModule
  extends ConfigurableModuleClass
  implements NestModule, OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  static override forRoot(options: Parameters<typeof ConfigurableModuleClass.forRoot>[0]): DynamicModule {
    refuseUnreadable('forRoot', options)
    return super.forRoot(options)
  }

  static override forRootAsync(
    options: Parameters<typeof ConfigurableModuleClass.forRootAsync>[0],
  ): DynamicModule {
    refuseUnreadable('forRootAsync', options)
    return withFactory(options, () => super.forRootAsync(options))
  }

  constructor(
    @Inject(AppProviders) private readonly app: AppProviders,
    @Inject(MODULE_INPUTS) private readonly inputs: ModuleInputs,
    @Inject(COMPOSITION) private readonly composition: Composition,
    @Inject(RequestScope) private readonly scope: RequestScope,
    @Inject(AUDIT_SETTINGS) private readonly audit: AuditSettings,
    @Inject(JwtAuthErrorFilter) filter: JwtAuthErrorFilter,
    @Inject(GuardDelegate) guard: GuardDelegate,
  ) {
    super()
    guard.use({
      canActivate: (context) => (app.guardOverride() ?? composition.authenticator).canActivate(context),
    })
    addLastAskedFilter(inputs.config, filter)
    if (scope.isKept) addOutermostInterceptor(inputs.config, new JwtAuthContextInterceptor(scope))
  }

  /** Nest calls this while it registers middleware: after it has created the adapter and before it registers routes. */
  configure(): void {
    const adapter = findHttpAdapter(this.inputs.adapterHost)
    if (adapter === undefined) return
    this.composition.jwks?.mountOn(adapter)
    if (this.scope.isKept) this.scope.mountOn(adapter)
  }

  onModuleInit(): void {
    this.app.checkInstances()
    for (const guard of this.app.standInGuards()) guard.joinApp(this.composition.guardFor)
    auditAtBoot(this.inputs, this.audit)
  }

  /** Here, because the app may have made the tables of its key store in `onModuleInit`. */
  async onApplicationBootstrap(): Promise<void> {
    warnOfOpenConnections(this.inputs, this.audit, this.composition.sockets.hasProtected)
    await this.composition.startKeys()
  }

  /** The app may close now what its session store needs. */
  onModuleDestroy(): void {
    this.composition.stopWatching()
  }

  /** Nest has closed its servers. */
  onApplicationShutdown(): void {
    this.composition.connections.release()
    this.scope.end()
  }
}

/** Makes a provider for one part of the composition. */
function part<T>(token: InjectionToken<T>, pick: (composition: Composition) => T): Provider {
  return { provide: token, useFactory: pick, inject: [COMPOSITION] }
}

/** Reports here what Nest would throw an unrelated error for, or lose while it copies the options. */
function refuseUnreadable(method: string, options: unknown): void {
  const problems = new Problems()
  if (typeof options !== 'object' || options === null) {
    problems.add(
      method,
      'The options must be an object',
      'Pass an object that sets at least `secret` or `keys`',
    )
  } else {
    refuseHiddenOptions(options, problems)
  }
  problems.throwIfAny()
}
