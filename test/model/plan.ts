import * as fc from 'fast-check'
import type { Call } from './machine.js'
import type { Wallet } from './app-under-test.js'

/** A call of which it is not decided yet what it is about: `pick` chooses among what the subject has by then. */
interface Plan {
  readonly do: Call['do'] | 'refreshOld'
  readonly pick: number
  readonly process: number
}

/** Refreshes are most of it, mostly with the newest token or the one before. */
const verb = fc.oneof(
  { weight: 2, arbitrary: fc.constant('login' as const) },
  { weight: 8, arbitrary: fc.constant('refresh' as const) },
  { weight: 3, arbitrary: fc.constant('refreshOld' as const) },
  { weight: 3, arbitrary: fc.constant('check' as const) },
  {
    weight: 6,
    arbitrary: fc.constantFrom('present', 'issue', 'revoke', 'logout', 'end', 'endAll', 'list'),
  },
)
const plan = fc.record<Plan>({ do: verb, pick: fc.nat({ max: 11 }), process: fc.nat({ max: 1 }) })

/** Just before and just at the end of the grace, of access tokens, of refresh tokens, and of sessions. */
const seconds = fc.constantFrom(1, 4, 9, 10, 29, 30, 59, 60)

/** Batches of at most `most` calls at the same time, and what passes of time between them. */
export const batches = (most: number) =>
  fc.array(
    fc.record({
      wait: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: seconds }),
      plans: fc.array(plan, { minLength: 1, maxLength: most }),
    }),
    { minLength: 1, maxLength: 12, size: 'max' },
  )

/** Decides what a planned call is about. `undefined` if there is nothing yet that it could be about. */
export function decide(
  { do: verb, pick }: Plan,
  by: number,
  logins: number,
  wallet: Wallet,
): Call | undefined {
  const session = wallet.sessions.length - 1 - (pick % Math.min(2, wallet.sessions.length || 1))
  const newest = (wallet.sessions[session]?.tokens.length ?? 0) - 1
  const token = Math.max(0, newest - (Math.floor(pick / 2) % 2))
  const access = [...wallet.access.keys()].at(-1 - (pick % Math.min(4, wallet.access.size || 1)))
  switch (verb) {
    case 'login':
      return { do: verb, by, session: wallet.sessions.length + logins }
    case 'issue':
      return { do: verb, by }
    case 'list':
      return { do: verb }
    case 'endAll':
      return { do: verb, except: pick % 3 === 0 && session >= 0 ? session : undefined }
    case 'check':
    case 'revoke':
      return access === undefined ? undefined : { do: verb, access }
    case 'wait':
      return undefined
  }
  if (session < 0) return undefined
  if (verb === 'refreshOld') return { do: 'refresh', by, session, token: Math.max(0, newest - (pick % 4)) }
  if (verb === 'refresh' || verb === 'present') return { do: verb, by, session, token }
  return verb === 'logout' ? { do: verb, session, token } : { do: verb, session }
}
