import { AsyncLocalStorage } from 'node:async_hooks'
import type { AbstractHttpAdapter } from '@nestjs/core'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Authentication } from '../../request/authenticate.js'
import { guardedCall } from '../guard/guarded-calls.js'

type Next = () => void

/** The part of Fastify that is used here. */
interface FastifyHooks {
  addHook(name: 'preValidation', hook: (request: object, reply: unknown, done: Next) => void): void
}

/**
 * The current request, which the guard puts its outcome on. One for each app. Always entered by `run`, so nothing of a
 * request is left for the next one on its connection.
 */
export class RequestScope {
  private readonly storage = new AsyncLocalStorage<object | undefined>()

  /** `isKept`: the option `requestContext`. */
  constructor(readonly isKept: boolean) {}

  /** Every HTTP request of the app runs in its own scope, from the middleware of this module on. */
  mountOn(adapter: AbstractHttpAdapter): void {
    if (adapter.getType() === 'fastify') {
      // After the body has been read: Fastify continues from the events of its stream, and would lose the scope.
      adapter
        .getInstance<FastifyHooks>()
        .addHook('preValidation', (request, _reply, done) => this.run(request, done))
    } else {
      adapter.use((request: object, _response: unknown, next: Next) => this.run(request, next))
    }
  }

  /** `request`: the object that the guard knows; `undefined` for work that belongs to no request. */
  run<T>(request: object | undefined, work: () => T): T {
    return this.storage.run(request, work)
  }

  /** No request follows. On Node 20 every promise of the process looks at each storage that was entered and not disabled. */
  end(): void {
    this.storage.disable()
  }

  isIn(request: object | undefined): boolean {
    return request !== undefined && this.storage.getStore() === request
  }

  /** Throws without the option `requestContext`, always: it could not tell an anonymous caller from a known one. */
  get authentication(): Authentication | undefined {
    if (!this.isKept) {
      throw new JwtAuthUsageError(
        'request_context_disabled',
        'JwtAuthContext is not available, because `requestContext` is not set. Set `requestContext: true` in JwtAuthModule.forRoot or forRootAsync.',
      )
    }
    const request = this.storage.getStore()
    return request && guardedCall(request)?.authentication
  }
}
