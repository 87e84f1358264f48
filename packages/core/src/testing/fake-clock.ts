import { Clock } from '../time/clock.js'
import { type Duration, parseDuration } from '../time/duration.js'

interface Alarm {
  readonly time: number
  readonly work: () => void
}

/** A clock that stands still until `advance` or `set` is called: `overrideProvider(Clock).useValue(new FakeClock())`. */
export class FakeClock extends Clock {
  private time: number
  private readonly alarms = new Set<Alarm>()

  /** `start`: a Date or milliseconds since the epoch; now by default. */
  constructor(start: number | Date = Date.now()) {
    super()
    this.time = Number(start)
  }

  now(): number {
    return this.time
  }

  /** The work is done inside the `advance` or `set` that reaches its time, or soon after this call if that has passed. */
  override wakeAt(time: number, work: () => void): () => void {
    const alarm = { time, work }
    this.alarms.add(alarm)
    if (time <= this.time) queueMicrotask(() => this.ring())
    return () => void this.alarms.delete(alarm)
  }

  /**
   * Moves the time by a number of seconds or a duration with a unit; a negative one moves it back. It moves in one step, so
   * work that repeats within that time is done once.
   */
  advance(duration: Duration): void {
    const seconds = parseDuration(duration)
    if (seconds === undefined)
      throw new TypeError("`advance` takes a number of seconds, or a string with a unit such as '15m'.")
    this.set(this.time + seconds * 1000)
  }

  /** Sets the time: a Date or milliseconds since the epoch. */
  set(time: number | Date): void {
    this.time = Number(time)
    this.ring()
  }

  private ring(): void {
    const due = [...this.alarms].filter(({ time }) => time <= this.time)
    for (const alarm of due.toSorted((a, b) => a.time - b.time)) {
      // An alarm before it may have cancelled it.
      if (this.alarms.delete(alarm)) alarm.work()
    }
  }
}
