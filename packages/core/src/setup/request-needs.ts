import type { Type } from '@nestjs/common'
import type { ModulesContainer } from '@nestjs/core'
import { AuthCookies } from '../cookies/auth-cookies.js'
import { TokenService } from '../issue/token.service.js'
import { JwtAuthContext } from '../nest/context/jwt-auth.context.js'
import { JwtGuard } from '../nest/guard/jwt.guard.js'
import { AuthEndpoints } from '../nest/endpoints/auth-endpoints.js'
import {
  builtWrappers,
  controllerWrappers,
  injectedBy,
  injects,
  injectorsOf,
  middlewareWrappers,
  onTaken,
} from './injections.js'
import { findProviders, type Wrapper } from './provider-search.js'
import { SETTINGS } from './settings.js'

/** What of ours apps inject everywhere, and what issues no tokens for them; and the ready-made routes, which see to it. */
const ISSUING_NOTHING: readonly unknown[] = [JwtGuard, AuthCookies, SETTINGS, JwtAuthContext, AuthEndpoints]

/**
 * What the app's requests need beside the guard, as its injections tell: so that none pays for what its app does not
 * use. Where they can not tell, it is needed.
 */
export class RequestNeeds {
  private isContextTaken = false
  private isContextInjected: boolean | undefined
  private isServiceTaken = false
  private mayIssueByType: ((controller: unknown) => boolean) | undefined

  constructor(private readonly modules: ModulesContainer) {
    // Once there are routes Nest itself takes everything, to look for life cycle hooks.
    const isEarly = (): boolean => this.isContextInjected === undefined
    for (const { wrapper } of findProviders(modules, JwtAuthContext)) {
      onTaken(wrapper, () => (this.isContextTaken ||= isEarly()))
    }
    for (const { wrapper } of findProviders(modules, TokenService)) {
      onTaken(wrapper, () => (this.isServiceTaken ||= isEarly()))
    }
  }

  /** Whether anything asks whose request it is in. To be asked when routes are made. */
  usesContext(): boolean {
    const asks = (wrapper: Wrapper): boolean => injects(wrapper, JwtAuthContext)
    this.isContextInjected ??= builtWrappers(this.modules).some(asks)
    return this.isContextTaken || this.isContextInjected || middlewareWrappers(this.modules).some(asks)
  }

  /** Whether requests to this controller may come to issue tokens. To be asked when there are requests. */
  mayIssue(controller: unknown): boolean {
    if (this.isServiceTaken) return true
    this.mayIssueByType ??= this.findIssuing()
    return this.mayIssueByType(controller)
  }

  /** What no controller leads to, a listener or something global, may issue tokens for any of them. */
  private findIssuing(): (controller: unknown) => boolean {
    // Whoever injects an alias (`useExisting`) is seen to inject what it stands for.
    const all = builtWrappers(this.modules).filter(
      ({ token, isAlias }) => isAlias !== true && !ISSUING_NOTHING.includes(token),
    )
    const issuing = injectorsOf(
      all.filter((wrapper) => injects(wrapper, TokenService)),
      all,
      ISSUING_NOTHING,
    )
    const controllers = controllerWrappers(this.modules)
    const led = injectedBy(controllers)
    if ([...issuing].some((wrapper) => !led.has(wrapper))) return () => true
    const types = new Set(
      controllers.filter((wrapper) => issuing.has(wrapper)).map(({ metatype }) => metatype as Type),
    )
    return (controller) => types.has(controller as Type)
  }
}
