/** The only source of time. Replace it in tests: `overrideProvider(Clock).useValue(new FakeClock())`. */
export abstract class Clock {
  /** Milliseconds since the epoch. */
  abstract now(): number
}

export class SystemClock extends Clock {
  now(): number {
    return Date.now()
  }
}
