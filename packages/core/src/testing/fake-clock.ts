import { Clock } from '../time/clock.js'
import { type Duration, parseDuration } from '../time/duration.js'

/** A clock that stands still until it is told to go on: `overrideProvider(Clock).useValue(new FakeClock())`. */
export class FakeClock extends Clock {
  private time: number

  /** `start`: a Date or milliseconds since the epoch; now by default. */
  constructor(start: number | Date = Date.now()) {
    super()
    this.time = Number(start)
  }

  now(): number {
    return this.time
  }

  /** By seconds or a duration with a unit; negative ones go back. */
  advance(duration: Duration): void {
    const seconds = parseDuration(duration)
    if (seconds === undefined)
      throw new TypeError("A duration is a number of seconds or a text with a unit: '15m'.")
    this.time += seconds * 1000
  }

  set(time: number | Date): void {
    this.time = Number(time)
  }
}
