/** Whether a time of `duration` milliseconds since `start` is over. A clock that was set back ends it. */
export function isOver(duration: number, start: number, now: number): boolean {
  return now < start || now >= start + duration
}
