import { type CanActivate, type ExecutionContext, Logger } from '@nestjs/common'
import { authenticateAs, type Caller } from '../../request/authenticate-as.js'
import { SystemClock } from '../../time/clock.js'
import { RequestAuthenticator } from './request-authenticator.js'
import { RouteRulesReader } from './route-rules-reader.js'

/** Makes a guard that decides as if this caller had sent a good token. */
export type GuardFor = (caller: Caller) => CanActivate

/**
 * Replaces `JwtGuard` in tests. When the app starts, the module finds it and gives it the app's clock, identity loader and
 * presenter. Without the module it works without them.
 */
export class StandInGuard implements CanActivate {
  private guard: CanActivate

  constructor(private readonly caller: Caller) {
    this.guard = withoutModule(caller)
  }

  joinApp(guardFor: GuardFor): void {
    this.guard = guardFor(this.caller)
  }

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.guard.canActivate(context)
  }
}

const withoutModule: GuardFor = (caller) => {
  const parts = { clock: new SystemClock(), identityLoader: () => undefined, onPolicyError: logPolicyError }
  return new RequestAuthenticator({
    rules: new RouteRulesReader([], () => () => undefined, false),
    authenticate: (_context, rules) => authenticateAs(caller, rules, parts),
    onRefused: () => Promise.resolve(),
    attachIdentityAs: undefined,
  })
}

export function logPolicyError(error: unknown): void {
  const stack = error instanceof Error ? error.stack : ''
  new Logger('JwtAuth').error('A function of a policy threw an error, so the request is refused.', stack)
}
