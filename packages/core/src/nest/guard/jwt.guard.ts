import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common'
import { RequestAuthenticator } from './request-authenticator.js'

/** Finds what stands in the guard's place, where a test of the app has overridden its provider. */
export class GuardOverride {
  constructor(readonly get: () => CanActivate | undefined) {}
}

/**
 * Lets a request through only with a good token: `@UseGuards(JwtGuard)`, or for the whole app
 * `{ provide: APP_GUARD, useExisting: JwtGuard }`. Verifies once per request, however often it is bound. Refuses with
 * a `JwtAuthError`, and refuses every kind of context that it does not know.
 */
@Injectable()
export class JwtGuard implements CanActivate {
  constructor(
    @Inject(RequestAuthenticator) private readonly authenticator: RequestAuthenticator,
    @Inject(GuardOverride) private readonly override: GuardOverride,
  ) {}

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    const override = this.override.get()
    return override === undefined ? this.authenticator.authenticate(context) : override.canActivate(context)
  }
}

/** Whether a guard that is bound somewhere is `JwtGuard`: the class, a subclass, or an instance. */
export function isJwtGuard(guard: unknown): boolean {
  if (guard === JwtGuard || guard instanceof JwtGuard) return true
  return typeof guard === 'function' && guard.prototype instanceof JwtGuard
}
