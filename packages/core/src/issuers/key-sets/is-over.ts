/**
 * Whether a time of `duration` milliseconds since `start` is over. A clock that was set back by more than that ends it; one
 * that is corrected a little does not.
 */
export function isOver(duration: number, start: number, now: number): boolean {
  return now < start - duration || now >= start + duration
}
