import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Authentication } from '../../request/authenticate.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import { findRequest, requestOf } from '../transports/transport.js'
import { type GuardedRequest, guardedRequest, rememberGuarded } from './guarded-requests.js'
import type { RouteRulesReader } from './route-rules-reader.js'

type Rules = RouteRules<ExecutionContext>

export interface RequestAuthenticatorParts {
  readonly rules: RouteRulesReader
  readonly authenticate: (context: ExecutionContext, rules: Rules) => Promise<Authentication | undefined>
  /** Called with each refusal before it is thrown. */
  readonly onRefused: (error: JwtAuthError, context: ExecutionContext, rules: Rules) => Promise<void>
  readonly attachIdentityAs: string | undefined
}

/** Authenticates a request once, however many guards call it, and stores the outcome on the request for the handlers. */
export class RequestAuthenticator implements CanActivate {
  constructor(private readonly parts: RequestAuthenticatorParts) {}

  /** The same with another way to authenticate. */
  with(authenticate: RequestAuthenticatorParts['authenticate']): RequestAuthenticator {
    return new RequestAuthenticator({ ...this.parts, authenticate })
  }

  /** Returns `true`, or throws the refusal, with its headers already set. Throws `transport_unsupported`. */
  async canActivate(context: ExecutionContext): Promise<true> {
    const rules = this.parts.rules.of(context)
    // A public handler may run outside HTTP, such as a queue consumer, which has no request.
    if (rules.access === 'public' && findRequest(context) === undefined) return true
    const request = requestOf(context)
    const known = guardedRequest(request)
    if (known?.rules === rules) {
      await known.outcome
      return true
    }
    const outcome = this.parts.authenticate(context, rules)
    const entry: GuardedRequest = { request, rules, outcome }
    rememberGuarded(request, entry)
    try {
      entry.authentication = await outcome
    } catch (error) {
      if (error instanceof JwtAuthError) await this.parts.onRefused(error, context, rules)
      throw error
    }
    if (entry.authentication !== undefined) await this.attach(request, entry.authentication)
    return true
  }

  private async attach(request: object, { claims, token, identity }: Authentication): Promise<void> {
    Reflect.set(request, 'auth', Object.freeze({ claims, token }))
    const name = this.parts.attachIdentityAs
    if (name !== undefined) Reflect.set(request, name, await identity())
  }
}
