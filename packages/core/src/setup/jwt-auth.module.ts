import { type DynamicModule, Inject, Module, type OnModuleInit } from '@nestjs/common'
import { ApplicationConfig, ModulesContainer } from '@nestjs/core'
import { AuthCookies } from '../cookies/auth-cookies.js'
import { JwtAuthEvents } from '../events/jwt-auth-events.js'
import { TokenService } from '../issue/token.service.js'
import { JwtAuthContextInterceptor } from '../nest/context/jwt-auth-context.interceptor.js'
import { JwtAuthErrorFilter } from '../nest/filter/jwt-auth-error.filter.js'
import { JwtAuthContext } from '../nest/context/jwt-auth.context.js'
import { GuardOverride, JwtGuard } from '../nest/guard/jwt.guard.js'
import { RequestAuthenticator } from '../nest/guard/request-authenticator.js'
import { RequestScope } from '../nest/context/request-scope.js'
import { TokenAnswers } from '../nest/token-answers.js'
import { Clock } from '../time/clock.js'
import { AppProviders } from './app-providers.js'
import type { JwtAuthExtras } from './jwt-auth-options.js'
import { ConfigurableModuleClass, EXTRAS } from './jwt-auth.module-definition.js'
import { Problems } from './problems.js'
import { moduleProviders } from './module-providers.js'
import { RequestNeeds } from './request-needs.js'
import { SETTINGS } from './settings.js'

/**
 * JWT authentication for one Nest app: `JwtAuthModule.forRoot(options)` or `forRootAsync({ useFactory, … })`, once, in
 * the root module. Throws a `JwtAuthConfigError` at boot that lists everything that is wrong.
 */
@Module({
  providers: [
    {
      provide: AppProviders,
      useFactory: (modules: ModulesContainer, extras: JwtAuthExtras) =>
        new AppProviders(modules, extras, JwtAuthModule),
      inject: [ModulesContainer, EXTRAS],
    },
    ...moduleProviders,
  ],
  exports: [
    TokenService,
    AuthCookies,
    JwtAuthEvents,
    JwtAuthContext,
    JwtGuard,
    GuardOverride,
    RequestAuthenticator,
    Clock,
    SETTINGS,
  ],
})
export class JwtAuthModule extends ConfigurableModuleClass implements OnModuleInit {
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

  /** Ours come before the app's own enhancers, whatever module brings them; filters are last asked. */
  constructor(
    @Inject(AppProviders) private readonly app: AppProviders,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(RequestNeeds) needs: RequestNeeds,
    @Inject(RequestScope) scope: RequestScope,
    @Inject(TokenAnswers) answers: TokenAnswers,
    @Inject(JwtAuthErrorFilter) filter: JwtAuthErrorFilter,
  ) {
    super()
    config.getGlobalFilters().unshift(filter)
    config.getGlobalGuards().unshift(answers)
    keepContext(config, needs, scope)
  }

  onModuleInit(): void {
    this.app.checkScopes()
  }
}

/** Nest asks for interceptors when it makes routes: only then is it known whether anybody wants ours. */
function keepContext(config: ApplicationConfig, needs: RequestNeeds, scope: RequestScope): void {
  const interceptor = new JwtAuthContextInterceptor(scope)
  const others = config.getGlobalInterceptors.bind(config)
  let isKept = false
  config.getGlobalInterceptors = () => {
    isKept ||= needs.usesContext()
    scope.decide(isKept)
    return isKept ? [interceptor, ...others()] : others()
  }
}

/** Nest itself would stumble over it. */
function refuseNoObject(method: string, options: unknown): void {
  const problems = new Problems()
  if (typeof options !== 'object' || options === null) {
    problems.add(method, 'is given no options', 'Give an object with at least a secret')
  }
  problems.throwIfAny()
}
