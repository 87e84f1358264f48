import type { CanActivate, Type } from '@nestjs/common'
import type { ModulesContainer } from '@nestjs/core'
import { AuthErrorPresenter } from '../errors/auth-error-presenter.js'
import type { ClaimsLoader } from '../issue/claims-loader.js'
import type { KeyStore } from '../keys/rotation/key-store.js'
import { JwtGuard } from '../nest/guard/jwt.guard.js'
import { StandInGuard } from '../nest/guard/stand-in.guard.js'
import { findInstances, findProviders, type FoundProvider, isScoped } from '../nest/nest-internals.js'
import type { Authenticator } from '../nest/endpoints/authenticator.js'
import type { IdentityLoader } from '../request/identity/identity-loader.js'
import type { SessionStore } from '../sessions/store/session-store.js'
import {
  classOf,
  ELSEWHERE,
  EXTRA_METHODS,
  EXTRA_NAMES,
  EXTRA_TOKENS,
  type ExtraName,
  pathOf,
} from './extra-sources.js'
import { checkGraphql } from './checks/check-graphql.js'
import { checkHandlers, checkRefreshRoutes, handlerWarnings } from './check-handlers.js'
import type { JwtAuthExtras } from './jwt-auth-options.js'
import { Problems } from './problems.js'

/** Finds the loaders, the store, the presenter and the guards that the modules of the app provide. */
export class AppProviders {
  readonly #extras: JwtAuthExtras
  private guard: FoundProvider | undefined
  private presenting: FoundProvider | undefined
  private readonly known = new Map<ExtraName, FoundProvider | undefined>()

  constructor(
    private readonly modules: ModulesContainer,
    extras: JwtAuthExtras,
    private readonly module: Type,
  ) {
    // They may hold a secret, of a store for example. A private field is never printed.
    this.#extras = extras
  }

  /** JwtAuthModule itself, or a class that extends it. */
  private isOurs(type: unknown): boolean {
    return type === this.module || (typeof type === 'function' && type.prototype instanceof this.module)
  }

  claimsLoader(): ClaimsLoader | undefined {
    return this.find('claimsLoader')?.wrapper.instance as ClaimsLoader | undefined
  }

  identityLoader(): IdentityLoader | undefined {
    return this.find('identityLoader')?.wrapper.instance as IdentityLoader | undefined
  }

  sessionStore(): SessionStore {
    return this.find('sessionStore')?.wrapper.instance as SessionStore
  }

  keyStore(): KeyStore {
    return this.find('keyStore')?.wrapper.instance as KeyStore
  }

  authenticator(): Authenticator | undefined {
    return this.find('authenticator')?.wrapper.instance as Authenticator | undefined
  }

  /** The presenter of the app. If there is none: the provider of this module, which a test may have overridden. */
  presenter(): AuthErrorPresenter {
    this.presenting ??= this.elsewhere(AuthErrorPresenter)[0] ?? this.own(AuthErrorPresenter)
    return this.presenting?.wrapper.instance as AuthErrorPresenter
  }

  /** The guard of `overrideProvider(JwtGuard)` in a test; otherwise `undefined`. */
  guardOverride(): CanActivate | undefined {
    this.guard ??= this.own(JwtGuard)
    const guard: unknown = this.guard?.wrapper.instance
    return guard instanceof JwtGuard ? undefined : (guard as CanActivate)
  }

  /** The guards of `signedInGuard()` that replace `JwtGuard` in tests. */
  standInGuards(): StandInGuard[] {
    return findInstances(this.modules, JwtGuard).filter((guard) => guard instanceof StandInGuard)
  }

  /** Reports the problems that the module graph alone shows, before the rest of this module is instantiated. */
  checkGraph(hasRefreshTokens: boolean, problems: Problems): void {
    const instances = [...this.modules.values()].filter(({ metatype }) => this.isOurs(metatype))
    if (instances.length > 1) {
      problems.add(
        'JwtAuthModule',
        `The app sets up this module ${instances.length} times`,
        'Keep one forRoot or forRootAsync, in the root module. The module is global, so no other module needs to import it',
      )
    }
    for (const name of EXTRA_NAMES) this.checkSource(name, problems)
    checkHandlers(this.modules, problems)
    if (!hasRefreshTokens) checkRefreshRoutes(this.modules, problems)
    const presenters = this.elsewhere(AuthErrorPresenter)
    if (presenters.length > 1) {
      problems.add(
        'AuthErrorPresenter',
        `More than one module provides it: ${namesOf(presenters)}`,
        'Remove it from all of these modules but one',
      )
    }
  }

  /** One line for each thing in the module graph that may be intended, but is often a mistake. */
  warnings(): readonly string[] {
    return handlerWarnings(this.modules)
  }

  /**
   * Throws if a loader, a store or the presenter is not a singleton or not what it should be, or GraphQL goes around the
   * guard. Nest knows that only after it has instantiated all providers.
   */
  checkInstances(): void {
    const problems = new Problems()
    for (const name of EXTRA_NAMES) {
      const provider = this.find(name)
      if (provider === undefined) continue
      if (isScoped(provider)) reportScoped(name, nameOf(provider), problems)
      else reportUnfit(pathOf(name), EXTRA_METHODS[name], provider, problems)
    }
    const [presenter] = this.elsewhere(AuthErrorPresenter)
    if (presenter !== undefined) {
      if (isScoped(presenter)) problems.add('AuthErrorPresenter', ...scopedProblem('the presenter'))
      else reportUnfit('AuthErrorPresenter', { present: true }, presenter, problems)
    }
    checkGraphql(this.modules, problems)
    problems.throwIfAny()
  }

  private checkSource(name: ExtraName, problems: Problems): void {
    const type = classOf(this.#extras, name)
    if (type !== undefined && !this.isOverridden(name)) this.checkClass(name, type, problems)
  }

  private checkClass(name: ExtraName, type: Type, problems: Problems): void {
    const found = this.elsewhere(type)
    const [first] = found
    if (first === undefined) {
      problems.add(
        pathOf(name),
        `No module provides ${type.name}`,
        `Write \`providers: [${type.name}]\` in the module that it belongs to`,
      )
    } else if (found.length > 1) {
      problems.add(
        pathOf(name),
        `More than one module provides ${type.name}: ${namesOf(found)}`,
        `Keep \`providers: [${type.name}]\` in one of them. If other modules inject it, also write \`exports: [${type.name}]\` there`,
      )
    } else if (first.wrapper.scope !== undefined && isScoped(first)) {
      reportScoped(name, type.name, problems)
    }
  }

  /** The provider that an extra names, if there is one. Searches the module graph only once. */
  private find(name: ExtraName): FoundProvider | undefined {
    if (this.known.has(name)) return this.known.get(name)
    const type = classOf(this.#extras, name)
    const isHere = type === undefined || this.isOverridden(name)
    const found = isHere ? this.own(EXTRA_TOKENS[name]) : this.elsewhere(type)[0]
    this.known.set(name, found)
    return found
  }

  private isOverridden(name: ExtraName): boolean {
    return this.own(EXTRA_TOKENS[name])?.wrapper.instance !== ELSEWHERE
  }

  /** The provider that this module itself has. */
  private own(token: Parameters<typeof findProviders>[1]): FoundProvider | undefined {
    return findProviders(this.modules, token).find(({ module }) => this.isOurs(module.metatype))
  }

  /** The providers that the app's other modules have. */
  private elsewhere(token: Parameters<typeof findProviders>[1]): readonly FoundProvider[] {
    return findProviders(this.modules, token).filter(({ module }) => !this.isOurs(module.metatype))
  }
}

function reportScoped(name: ExtraName, loader: string, problems: Problems): void {
  problems.add(pathOf(name), ...scopedProblem(loader))
}

/** A factory may have returned nothing, for which the app would go on without its loader. */
function reportUnfit(path: string, methods: object, { wrapper }: FoundProvider, problems: Problems): void {
  const provided: unknown = wrapper.instance
  const missing = Object.keys(methods).filter((name) => typeof Object(provided)[name] !== 'function')
  if (missing.length === 0) return
  const isNothing = provided === undefined || provided === null
  problems.add(
    path,
    isNothing ? `What is provided is ${provided}` : `What is provided has no method ${missing.join(', ')}`,
    'If a factory provides it, return it from the factory',
  )
}

function scopedProblem(provider: string): [problem: string, fix: string] {
  return [
    `${provider} is request-scoped or transient, or injects a provider that is`,
    `Write \`@Injectable()\` without a scope on ${provider}, and inject only singletons into it`,
  ]
}

function namesOf(found: readonly FoundProvider[]): string {
  return found.map(({ module }) => module.metatype.name).join(' and ')
}

function nameOf({ wrapper }: FoundProvider): string {
  return typeof wrapper.token === 'function' ? wrapper.token.name : String(wrapper.token)
}
