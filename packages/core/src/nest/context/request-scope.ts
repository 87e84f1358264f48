import { AsyncLocalStorage } from 'node:async_hooks'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Authentication } from '../../request/authenticate.js'

interface CurrentRequest {
  readonly authentication: Authentication | undefined
}

/** The current request, from interceptors on. One per app; always entered by `run`, so nothing stays behind. */
export class RequestScope {
  private readonly storage = new AsyncLocalStorage<CurrentRequest>()

  /** `isKept`: the option `requestContext`. */
  constructor(private readonly isKept: boolean) {}

  run<T>(request: CurrentRequest, work: () => T): T {
    return this.storage.run(request, work)
  }

  /** Throws without the option `requestContext`, always: it could not tell an anonymous caller from a known one. */
  get authentication(): Authentication | undefined {
    if (!this.isKept) {
      throw new JwtAuthUsageError(
        'request_context_disabled',
        'JwtAuthContext is not kept. Set `requestContext: true` in JwtAuthModule.forRoot or forRootAsync.',
      )
    }
    return this.storage.getStore()?.authentication
  }
}
