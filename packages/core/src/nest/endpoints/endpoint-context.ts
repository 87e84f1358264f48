import type { ExecutionContext, NestInterceptor } from '@nestjs/common'
import { requestOf } from '../transports/transport.js'

const contexts = new WeakMap<object, ExecutionContext>()

/** Keeps a request's context for its handler, whose parameters pipes of the app could change. */
export const keepContext: NestInterceptor = {
  intercept(context, next) {
    contexts.set(requestOf(context), context)
    return next.handle()
  },
}

export function contextOf(request: object): ExecutionContext {
  const context = contexts.get(request)
  if (context === undefined) throw new Error('The interceptor of the ready-made routes did not run.')
  return context
}
