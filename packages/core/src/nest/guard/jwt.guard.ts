import { type CanActivate, type ExecutionContext, Inject, Injectable, Optional } from '@nestjs/common'
import { JwtAuthConfigError } from '../../errors/config.error.js'

/**
 * Does the work of `JwtGuard` in one app. The constructor of `JwtAuthModule` (`setup/jwt-auth.module.ts`) calls `use` with
 * the `RequestAuthenticator` of `request-authenticator.ts`, or with a guard of a test. If the guard injected its
 * dependencies instead, Nest would report a missing dependency and hide the error of an invalid configuration.
 */
@Injectable()
export class GuardDelegate implements CanActivate {
  private guard: CanActivate | undefined

  use(guard: CanActivate): void {
    this.guard = guard
  }

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    if (this.guard === undefined) throw new Error('JwtGuard was called before Nest created JwtAuthModule.')
    return this.guard.canActivate(context)
  }
}

/**
 * Lets only requests with a valid token through: `@UseGuards(JwtGuard)`, or for the whole app
 * `{ provide: APP_GUARD, useExisting: JwtGuard }`. Verifies once per request, however often it is bound. Refuses with
 * a `JwtAuthError`, in the form of the transport. In a context that it does not know it lets only `@Public()` handlers
 * through, and throws `transport_unsupported` for all others. Without `JwtAuthModule` the app does not start.
 */
@Injectable()
export class JwtGuard implements CanActivate {
  private readonly delegate: GuardDelegate

  constructor(@Optional() @Inject(GuardDelegate) delegate: GuardDelegate | undefined) {
    if (delegate === undefined) throw moduleMissing()
    this.delegate = delegate
  }

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.delegate.canActivate(context)
  }
}

/** Whether a guard that is bound somewhere is `JwtGuard`: the class, a subclass, or an instance. */
export function isJwtGuard(guard: unknown): boolean {
  if (guard === JwtGuard || guard instanceof JwtGuard) return true
  return typeof guard === 'function' && guard.prototype instanceof JwtGuard
}

function moduleMissing(): JwtAuthConfigError {
  return new JwtAuthConfigError([
    {
      path: 'JwtGuard',
      problem:
        'The guard, or a decorator that binds it, is used in a module in which JwtAuthModule is not available',
      fix:
        'Write `imports: [JwtAuthModule.forRoot({ ... })]` in the root module. With `isGlobal: false`, also import that ' +
        'same dynamic module in every module that uses the guard. In a unit test without it, override the guard: ' +
        "`.overrideGuard(JwtGuard).useValue(signedInGuard({ claims }))`, from '@nest-jwt-auth/core/testing'",
    },
  ])
}
