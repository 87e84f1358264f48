import { Inject, Injectable } from '@nestjs/common'
import type { Identity, JwtClaims } from '../../register.js'
import { RequestScope } from './request-scope.js'

/**
 * The authentication of the current request, for services that do not get the request. Needs the option
 * `requestContext: true`; without it every use throws `request_context_disabled`. All values are `undefined` before the
 * guard has run, for anonymous requests, on routes without a guard, and outside requests. Work that a handler leaves
 * running, such as a timer, keeps the context of the request that started it.
 */
@Injectable()
export class JwtAuthContext {
  constructor(@Inject(RequestScope) private readonly scope: RequestScope) {}

  get claims(): JwtClaims | undefined {
    return this.scope.authentication?.claims
  }

  /** The token as it was sent. Never log it. */
  get token(): string | undefined {
    return this.scope.authentication?.token
  }

  /** The identity, loaded at most once per request. Throws `identity_unknown` if it does not exist any more. */
  async identity(): Promise<Identity | undefined> {
    return this.scope.authentication?.identity()
  }
}
