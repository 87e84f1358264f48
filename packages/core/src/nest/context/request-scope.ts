import { AsyncLocalStorage } from 'node:async_hooks'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Authentication } from '../../request/authenticate.js'

interface CurrentRequest {
  readonly authentication: Authentication | undefined
}

/**
 * The request under way, from interceptors onward. One per app; always entered by `run`, so nothing stays behind.
 * Entering costs several times what the guard does, so apps in which nobody asks do not.
 */
export class RequestScope {
  private readonly storage = new AsyncLocalStorage<CurrentRequest>()
  private isEntered: boolean | undefined
  private isMissed = false

  /** Whether routes that are made from now on run their requests in it. */
  decide(isEntered: boolean): void {
    this.isEntered = isEntered
  }

  /** A token was let in, so that there is somebody whom `authentication` must not leave out. */
  noteCaller(): void {
    if (this.isEntered === false) this.isMissed = true
  }

  run<T>(request: CurrentRequest, work: () => T): T {
    return this.storage.run(request, work)
  }

  /** Throws where it can not tell: requests are not run in it. */
  get authentication(): Authentication | undefined {
    if (this.isMissed) {
      throw new JwtAuthUsageError(
        'context_not_injected',
        'JwtAuthContext is kept only in apps that had asked for it when their routes were made: inject it somewhere.',
      )
    }
    return this.storage.getStore()?.authentication
  }
}
