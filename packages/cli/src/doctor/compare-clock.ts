import type { Answer } from './ask.js'
import type { Report } from './report.js'

/** A time that was read elsewhere, and what may be wrong with it. In milliseconds. */
export interface ForeignClock {
  readonly time: number
  /** When it was read by this machine's clock, at the earliest and at the latest. */
  readonly between: readonly [earliest: number, latest: number]
  /** It counts in steps of this length. */
  readonly step: number
}

/** What `iat` and `nbf` may be ahead, in milliseconds. */
const ALLOWED = 5_000

/** The clock of who answered; `undefined`: the answer has no date (RFC 9110 section 6.6.1). */
export function clockOfAnswer({ headers, sentAt, cameAt }: Answer): ForeignClock | undefined {
  const time = Date.parse(headers.date ?? '')
  // A cache keeps the date of the answer that it stored.
  if (Number.isNaN(time) || headers.age !== undefined) return undefined
  return { time, between: [sentAt, cameAt], step: 1000 }
}

/** Reports a clock that certainly differs from this machine's by more than tokens bear. */
export function compareClock(whose: string, clock: ForeignClock | undefined, report: Report): void {
  if (clock === undefined) {
    report.skip(`the clock of ${whose}`, 'its answer has no Date header of its own')
    return
  }
  const { time, step } = clock
  const [earliest, latest] = clock.between
  const ahead = time - latest
  const behind = earliest - (time + step)
  const difference = Math.max(ahead, behind)
  if (difference <= ALLOWED) return
  report.add('clock_differs', {
    at: whose,
    what: `Its clock is ${Math.round(difference / 1000)} seconds ${ahead > 0 ? 'ahead of' : 'behind'} the clock of this machine.`,
    fix: {
      where: 'in a terminal, on the machine whose clock is wrong',
      write: 'sudo timedatectl set-ntp true',
    },
  })
}
