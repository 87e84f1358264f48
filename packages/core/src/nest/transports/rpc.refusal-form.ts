import type { ArgumentsHost } from '@nestjs/common'
import { type Observable, throwError } from 'rxjs'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { guardedCall } from '../guard/guarded-calls.js'
import { isEventHandler } from '../nest-internals.js'
import type { Call } from './call.js'
import type { GrpcCall, GrpcMetadata } from './grpc-call.js'
import { droppedEvents, HANDLED } from './dropped-event.js'
import { findRpcCall, RpcCall } from './rpc.js'
import type { RefusalForm } from './refusal-form.js'

/** The status codes of gRPC by those of HTTP: INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE. */
const GRPC_CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 503: 14 }
const GRPC_UNKNOWN = 2

/** What the client of a refused message is sent. */
interface RpcRefusal {
  readonly status: number
  readonly errorCode: string
  readonly message: string
  /** Only over gRPC: the status code, and trailing metadata with `errorCode`. */
  readonly code?: number
  readonly metadata?: GrpcMetadata
}

/**
 * `RpcException` of `@nestjs/microservices` with `{ status, errorCode, message }`; over gRPC also the status code. An event
 * has nobody to answer to, so a refused one is dropped: Nest regards it as handled.
 */
export class RpcRefusalForm implements RefusalForm {
  async toThrow(error: JwtAuthError, call: Call): Promise<Error> {
    const refusal = refusalOf(error, call)
    const passedThrough = call instanceof RpcCall ? passedThroughCall(call.context) : undefined
    if (passedThrough !== undefined) {
      endCall(passedThrough, call.context, refusal)
      // Nest leaves the rejection of such a call unhandled, which ends the process. So the handler waits for ever, and is
      // collected with the call, which has ended.
      return new Promise(() => {})
    }
    const exception = await rpcException(refusal)
    if (exception === undefined) return error
    if (isEventHandler(call.context.getHandler())) {
      const isRetried = call instanceof RpcCall && call.message.isRetried === true
      droppedEvents.set(exception, { isRetried })
    }
    return exception
  }

  answer(error: JwtAuthError, host: ArgumentsHost): Observable<unknown> {
    const call = findRpcCall(host)
    const refusal = refusalOf(error, call)
    const passedThrough = call && passedThroughCall(host)
    if (passedThrough !== undefined) endCall(passedThrough, host, refusal)
    const handlers = (call && guardedCall(call.holder)?.handlers) ?? []
    const isEvent = handlers.some(({ handler }) => isEventHandler(handler))
    return passedThrough !== undefined || isEvent ? HANDLED : throwError(() => refusal)
  }
}

/** `undefined` where the package cannot be loaded from here; then the filter of this module answers. */
async function rpcException(refusal: RpcRefusal): Promise<Error | undefined> {
  try {
    const { RpcException } = await import('@nestjs/microservices')
    return new RpcException(refusal)
  } catch {
    return undefined
  }
}

function refusalOf(error: JwtAuthError, call: Call | undefined): RpcRefusal {
  const { errorCode, message } = error.getResponse()
  const status = error.getStatus()
  const refusal = { status, errorCode, message }
  const grpc = call instanceof RpcCall ? call.message.call : undefined
  if (grpc === undefined) return refusal
  // The class is that of the app's own copy of the library.
  const Metadata = grpc.metadata.constructor as new () => GrpcMetadata
  const metadata = new Metadata()
  metadata.set('errorCode', errorCode)
  return { ...refusal, code: GRPC_CODES[status] ?? GRPC_UNKNOWN, metadata }
}

/** The call of `@GrpcStreamCall`, whose handler answers it by itself. */
function passedThroughCall(host: ArgumentsHost): GrpcCall | undefined {
  const call = findRpcCall(host)?.message.call
  return call !== undefined && call === host.getArgByIndex<unknown>(0) ? call : undefined
}

/** A call with one answer has a callback for it; of a stream of answers the error is an event. */
function endCall(call: GrpcCall, host: ArgumentsHost, refusal: RpcRefusal): void {
  const callback: unknown = host.getArgByIndex(1)
  if (typeof callback === 'function') callback(refusal)
  else call.emit('error', refusal)
}
