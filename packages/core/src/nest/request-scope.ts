import { AsyncLocalStorage } from 'node:async_hooks'
import type { ExecutionContext } from '@nestjs/common'
import type { HttpAdapterHost } from '@nestjs/core'
import type { Authentication } from '../request/authenticate.js'

interface CurrentRequest {
  readonly authentication: Authentication | undefined
  readonly context: ExecutionContext
}

/** The request under way, from interceptors onward. One per app; always entered by `run`, so nothing stays behind. */
export class RequestScope {
  private readonly storage = new AsyncLocalStorage<CurrentRequest>()

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  run<T>(request: CurrentRequest, work: () => T): T {
    return this.storage.run(request, work)
  }

  get authentication(): Authentication | undefined {
    return this.storage.getStore()?.authentication
  }

  get context(): ExecutionContext | undefined {
    return this.storage.getStore()?.context
  }

  /** RFC 6749 section 5.1: an answer that holds tokens must not be stored. */
  forbidCaching(): void {
    const { context } = this
    if (context?.getType() !== 'http') return
    const response = context.switchToHttp().getResponse<unknown>()
    const { httpAdapter } = this.adapterHost
    if (!httpAdapter.isHeadersSent(response)) httpAdapter.setHeader(response, 'Cache-Control', 'no-store')
  }
}
