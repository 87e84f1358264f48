import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common'
import { type Observable, of } from 'rxjs'

interface Dropped {
  /** Whether the transport delivers an event again that ends in an error: Kafka. */
  readonly isRetried: boolean
}

/** The exceptions with which the guard refused an event. */
export const droppedEvents = new WeakMap<object, Dropped>()

/** For `@Catch`: an exception of the peer's own class with which the guard refused an event. */
export abstract class DroppedEvent {
  static [Symbol.hasInstance](exception: unknown): boolean {
    return droppedAs(exception) !== undefined
  }
}

abstract class RetriedEvent {
  static [Symbol.hasInstance](exception: unknown): boolean {
    return droppedAs(exception)?.isRetried === true
  }
}

/** What makes Nest regard an event as handled. An error would make Kafka deliver it again and again, and Nest log it. */
export const HANDLED = of(undefined)

/**
 * Our decorators bind it together with `JwtGuard`, for handlers for which Nest runs no global filters: a refused event
 * must not come back for ever. Over other transports filters of the app's own come first, which may take it from a queue.
 */
@Catch(RetriedEvent)
class RetriedEventFilter implements ExceptionFilter<unknown> {
  catch(_exception: unknown, _host: ArgumentsHost): Observable<undefined> {
    return HANDLED
  }
}

export const retriedEventFilter = new RetriedEventFilter()

function droppedAs(exception: unknown): Dropped | undefined {
  return typeof exception === 'object' && exception !== null ? droppedEvents.get(exception) : undefined
}
