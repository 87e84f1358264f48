/**
 * The only source of time. Replace it in tests: `overrideProvider(Clock).useValue(new FakeClock())`. A clock of your own
 * extends this class.
 */
export abstract class Clock {
  /** Whole milliseconds since the epoch. Fractions are cut off. */
  abstract now(): number

  /**
   * Calls `work` once, as soon as `now()` has reached `time`, and never inside this call. Does not keep the process alive.
   * Returns a function that cancels it.
   */
  wakeAt(time: number, work: () => void): () => void {
    let timer: NodeJS.Timeout
    const wait = (): void => {
      timer = setTimeout(wakeOrWait, Math.min(Math.max(time - this.now(), 0), LONGEST_SLEEP)).unref()
    }
    const wakeOrWait = (): void => (this.now() >= time ? work() : wait())
    wait()
    return () => clearTimeout(timer)
  }
}

/**
 * In milliseconds. The timers of Node.js do not follow a system clock that is set or a machine that was suspended, and
 * overflow after 24.8 days.
 */
const LONGEST_SLEEP = 60_000

/** The default `Clock`: the time of the operating system. */
export class SystemClock extends Clock {
  now(): number {
    return Date.now()
  }
}

/** The clock of the app as the library uses it: stores and tokens have no place for fractions of a millisecond. */
export class WholeClock extends Clock {
  constructor(private readonly clock: Clock) {
    super()
  }

  now(): number {
    return Math.floor(this.clock.now())
  }

  override wakeAt(time: number, work: () => void): () => void {
    return this.clock.wakeAt(time, work)
  }
}
