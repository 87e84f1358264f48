import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common'
import { type Observable, of } from 'rxjs'

/** The exceptions with which the guard refused an event. */
export const droppedEvents = new WeakSet<object>()

/** For `@Catch`: an exception of the peer's own class with which the guard refused an event. */
export abstract class DroppedEvent {
  static [Symbol.hasInstance](exception: unknown): boolean {
    return typeof exception === 'object' && exception !== null && droppedEvents.has(exception)
  }
}

/** What makes Nest regard an event as handled. An error would make Kafka deliver it again and again, and Nest log it. */
export const HANDLED = of(undefined)

/** Our decorators bind it together with `JwtGuard`, for handlers for which Nest runs no global filters. */
@Catch(DroppedEvent)
class DroppedEventFilter implements ExceptionFilter<unknown> {
  catch(_exception: unknown, _host: ArgumentsHost): Observable<undefined> {
    return HANDLED
  }
}

export const droppedEventFilter = new DroppedEventFilter()
