/** Redis's own clock, by which it can tell that it comes late to what it was asked. In milliseconds. */
export class LateWork {
  /** How far it is ahead of the clock that counts from the start of this process. */
  private ahead: number | undefined

  /** A time of this process as Redis will see it; '' until its clock is known. */
  deadline(time: number): string {
    return this.ahead === undefined ? '' : String(Math.round(time + this.ahead))
  }

  /** What it showed a moment ago. */
  note(server: number): void {
    this.ahead = server - performance.now()
  }
}
