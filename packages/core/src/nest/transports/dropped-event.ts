/** The exceptions with which the guard refused an event. */
export const droppedEvents = new WeakSet<object>()

/** For `@Catch`: an exception of the peer's own class with which the guard refused an event. */
export abstract class DroppedEvent {
  static [Symbol.hasInstance](exception: unknown): boolean {
    return typeof exception === 'object' && exception !== null && droppedEvents.has(exception)
  }
}
