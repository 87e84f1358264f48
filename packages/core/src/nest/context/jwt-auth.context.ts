import { Inject, Injectable } from '@nestjs/common'
import type { Identity, JwtClaims } from '../../register.js'
import { RequestScope } from './request-scope.js'

/**
 * The current request's authentication, for services that no request object reaches: from interceptors onward, across
 * awaits. `undefined` where the request is anonymous, on routes that no guard ran for, and outside of requests. It
 * costs more than the guard, so it is kept only in apps that have injected or taken it when their routes are made; one
 * that comes later is told so by `context_not_injected`.
 * Work that a handler leaves behind, such as a timer, goes on in the scope of the request that started it.
 */
@Injectable()
export class JwtAuthContext {
  constructor(@Inject(RequestScope) private readonly scope: RequestScope) {}

  get claims(): JwtClaims | undefined {
    return this.scope.authentication?.claims
  }

  /** The token's text. Never log it. */
  get token(): string | undefined {
    return this.scope.authentication?.token
  }

  /** The identity, loaded at most once per request. Throws `identity_unknown` where it is gone. */
  async identity(): Promise<Identity | undefined> {
    return this.scope.authentication?.identity()
  }
}
