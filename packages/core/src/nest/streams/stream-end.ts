import { type ExecutionContext, type MessageEvent, StreamableFile } from '@nestjs/common'
import type { ServerResponse } from 'node:http'
import type { Observer, Subscriber } from 'rxjs'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { EndCode } from '../../sessions/open-connections.js'
import type { Clock } from '../../time/clock.js'
import { isSseHandler } from '../nest-internals.js'
import { cutOff } from './cut-off.js'
import { onResponseClosed } from './on-response-closed.js'

/** Milliseconds for which a client may take to read the events that were sent before the end. */
const PATIENCE = 5000

/** Passes on what a handler emits, and can end what its client receives. */
export interface StreamEnd extends Observer<unknown> {
  /** The token is no longer valid. The handler's Observable has been unsubscribed from. */
  end(code: EndCode): void
  /** Calls `callback` when there is nothing left that could be ended. */
  onClosed(callback: () => void): void
}

export function streamEndFor(
  context: ExecutionContext,
  subscriber: Subscriber<unknown>,
  clock: Clock,
): StreamEnd {
  if (context.getType() !== 'http') return new ObservableEnd(subscriber)
  const reply = context.switchToHttp().getResponse<ServerResponse & { readonly raw?: ServerResponse }>()
  const response = reply.raw ?? reply
  return isSseHandler(context.getHandler())
    ? new EventStreamEnd(subscriber, response, clock)
    : new ResponseEnd(subscriber, response)
}

/** What is left of a stream over a transport whose clients see an error as the end. */
class ObservableEnd implements StreamEnd {
  constructor(protected readonly subscriber: Subscriber<unknown>) {}

  next(value: unknown): void {
    this.subscriber.next(value)
  }

  error(error: unknown): void {
    this.subscriber.error(error)
  }

  complete(): void {
    this.subscriber.complete()
  }

  end(code: EndCode): void {
    this.subscriber.error(new JwtAuthError(code, { reason: 'the token ended before the stream' }))
  }

  onClosed(callback: () => void): void {
    this.subscriber.add(callback)
  }
}

class ResponseEnd extends ObservableEnd {
  constructor(
    subscriber: Subscriber<unknown>,
    protected readonly response: ServerResponse,
  ) {
    super(subscriber)
  }

  /** Express with Nest 11.1 or 12.0 would leave a file open whose client is gone. */
  override next(value: unknown): void {
    if (value instanceof StreamableFile) onResponseClosed(this.response, () => value.getStream().destroy())
    super.next(value)
  }

  /** If the handler has not answered yet, the refusal is the answer. */
  override end(code: EndCode): void {
    if (this.subscriber.closed || this.response.headersSent) cutOff(this.response)
    else super.end(code)
  }

  /** What a handler returns or writes by itself is sent after the Observable has completed. */
  override onClosed(callback: () => void): void {
    onResponseClosed(this.response, callback)
  }
}

class EventStreamEnd extends ResponseEnd {
  private lastId: string | undefined

  constructor(
    subscriber: Subscriber<unknown>,
    response: ServerResponse,
    private readonly clock: Clock,
  ) {
    super(subscriber, response)
  }

  /** Nest 11.1 and 12.0 would stay subscribed for a client that left before they listened. */
  override onClosed(callback: () => void): void {
    super.onClosed(() => {
      callback()
      this.subscriber.unsubscribe()
    })
  }

  override next(value: unknown): void {
    const id: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : undefined
    if (typeof id === 'string') this.lastId = id
    super.next(value)
  }

  override end(code: EndCode): void {
    // With the handler's own last id, so that a client that comes back continues where it was.
    const last: MessageEvent = { type: 'auth', data: { errorCode: code } }
    this.subscriber.next(this.lastId === undefined ? last : { ...last, id: this.lastId })
    this.subscriber.complete()
    // Nest sends what waits for the client first, and a client that does not read would keep the response open.
    const stopWaiting = this.clock.wakeAt(this.clock.now() + PATIENCE, () => cutOff(this.response))
    onResponseClosed(this.response, stopWaiting)
  }
}
