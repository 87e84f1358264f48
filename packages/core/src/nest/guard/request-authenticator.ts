import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Authentication } from '../../request/authenticate.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import type { Call } from '../transports/call.js'
import { callOf, findCall } from '../transports/find-call.js'
import { type GuardedCall, type GuardedHandler, guardedCall, rememberGuarded } from './guarded-calls.js'
import type { RouteRulesReader } from './route-rules-reader.js'

type Rules = RouteRules<ExecutionContext>

const NOT_YET = Promise.resolve()

/**
 * How a call is authenticated. `Caller` is what `identify` returns and `admit` needs. Implemented by
 * `identify` and `admit` of `request/authenticate.ts`, for WebSocket messages by `MessageAuthenticator.identify`, and in
 * tests by `stepsAs` of `stand-in.guard.ts`. `setup/compose.ts` puts them together.
 */
export interface AuthenticationSteps<Caller> {
  /** Once per call: who made it. `undefined` for an anonymous call. */
  readonly identify: (call: Call, rules: Rules) => Promise<Caller | undefined>
  /** Once per handler: whether the caller may call it. */
  readonly admit: (
    caller: Caller | undefined,
    rules: Rules,
    call: Call,
  ) => Promise<Authentication | undefined>
}

export interface GuardSettings {
  readonly rules: RouteRulesReader
  /** Called with each refusal. Returns the error to throw. */
  readonly onRefused: (error: JwtAuthError, call: Call, rules: Rules) => Promise<Error>
  readonly attachIdentityAs: string | undefined
}

/**
 * Authenticates a call once, however many guards and handlers it reaches. Keeps the result on the holder of the call, where
 * the parameter decorators read it.
 */
export class RequestAuthenticator<Caller> implements CanActivate {
  constructor(
    private readonly settings: GuardSettings,
    private readonly steps: AuthenticationSteps<Caller>,
  ) {}

  /** The same with another way to authenticate. */
  with<Other>(steps: AuthenticationSteps<Other>): RequestAuthenticator<Other> {
    return new RequestAuthenticator(this.settings, steps)
  }

  /** Returns `true`, or throws the refusal, with its headers already set. Throws `transport_unsupported`. */
  async canActivate(context: ExecutionContext): Promise<true> {
    const rules = this.settings.rules.of(context)
    // A public handler may be called by what the guard does not know, such as a queue consumer.
    const call = rules.access === 'public' ? findCall(context) : callOf(context)
    if (call === undefined) return true
    const guarded = guardedCall(call.holder) ?? rememberGuarded(call.holder)
    await (guarded.handlers.find((entry) => entry.rules === rules) ?? this.enter(guarded, call, rules))
      .outcome
    return true
  }

  private enter(guarded: GuardedCall, call: Call, rules: Rules): GuardedHandler {
    const caller = this.callerFor(guarded, call, rules)
    const [type, handler] = [call.context.getClass(), call.context.getHandler()]
    const finish = async (): Promise<void> => {
      entry.authentication = await this.decide(caller, call, rules)
      if (entry.authentication === undefined) return
      guarded.authentication = entry.authentication
      if (call.request !== undefined) await this.attach(call.request, entry.authentication)
    }
    const entry: GuardedHandler = {
      type,
      handler,
      rules,
      caller,
      authentication: undefined,
      outcome: NOT_YET,
    }
    entry.outcome = finish()
    guarded.handlers.push(entry)
    return entry
  }

  /** Handlers of one call that read the same locations share the answer, so its token is verified once. */
  private callerFor({ handlers }: GuardedCall, call: Call, rules: Rules): Promise<Caller | undefined> {
    if (rules.access === 'public') return Promise.resolve(undefined)
    const alike = handlers.find(
      (entry) =>
        entry.rules.access !== 'public' &&
        entry.rules.kind === rules.kind &&
        entry.rules.locations === rules.locations,
    )
    return (alike?.caller as Promise<Caller | undefined> | undefined) ?? this.steps.identify(call, rules)
  }

  private async decide(
    caller: Promise<Caller | undefined>,
    call: Call,
    rules: Rules,
  ): Promise<Authentication | undefined> {
    try {
      return await this.steps.admit(await caller, rules, call)
    } catch (error) {
      throw error instanceof JwtAuthError ? await this.settings.onRefused(error, call, rules) : error
    }
  }

  private async attach(request: object, { claims, token, identity }: Authentication): Promise<void> {
    Reflect.set(request, 'auth', Object.freeze({ claims, token }))
    const name = this.settings.attachIdentityAs
    if (name !== undefined) Reflect.set(request, name, await identity())
  }
}
