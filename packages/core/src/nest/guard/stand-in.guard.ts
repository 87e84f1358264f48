import { type CanActivate, type ExecutionContext, Logger } from '@nestjs/common'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { authenticateAs, type TestCaller } from '../../request/authenticate-as.js'
import { SystemClock } from '../../time/clock.js'
import { type AuthenticationSteps, RequestAuthenticator } from './request-authenticator.js'
import { RouteRulesReader } from './route-rules-reader.js'

/** Makes a guard that decides as if this caller had sent a good token. */
export type GuardFor = (caller: TestCaller) => CanActivate

/**
 * Replaces `JwtGuard` in tests. When the app starts, the module finds it and gives it the app's clock, identity loader and
 * presenter. Without the module it works without them.
 */
export class StandInGuard implements CanActivate {
  private guard: CanActivate

  constructor(private readonly caller: TestCaller) {
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
  const services = {
    clock: new SystemClock(),
    identityLoader: () => undefined,
    onPolicyError: logPolicyError,
  }
  const settings = {
    rules: new RouteRulesReader([], () => readNothing, false),
    onRefused: throwAsIs,
    attachIdentityAs: undefined,
  }
  return new RequestAuthenticator(settings, stepsAs(caller, services))
}

const nowhere = (): undefined => undefined
const readNothing = Object.assign(nowhere, { option: nowhere, place: 'nowhere' })

async function throwAsIs(error: JwtAuthError): Promise<Error> {
  return error
}

/** The steps of a guard that takes every call for one of this caller. */
export function stepsAs(
  caller: TestCaller,
  services: Parameters<typeof authenticateAs>[2],
): AuthenticationSteps<TestCaller> {
  return {
    identify: () => Promise.resolve(caller),
    admit: (_caller, rules) => authenticateAs(caller, rules, services),
  }
}

export function logPolicyError(error: unknown): void {
  const stack = error instanceof Error ? error.stack : ''
  new Logger('JwtAuth').error('A function of a policy threw an error, so the request is refused.', stack)
}
