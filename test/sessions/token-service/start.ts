import {
  JwtAuthEvents,
  JwtAuthModule,
  TokenService,
  type JwtAuthEvent,
  type JwtAuthExtras,
  type JwtAuthOptions,
  type TokenPair,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../../support/adapters.js'
import { SECRET } from '../../support/forge.js'
import { failingStore } from './failing-store.js'

/** Not on a full second: dates in tokens are whole seconds all the same. */
export const START = Date.parse('2030-01-01T00:00:00.750Z')
export const START_SECONDS = Math.floor(START / 1000)

export type Settings = Partial<JwtAuthOptions & JwtAuthExtras>

/** A token service on sessions in memory that can be made to fail, with a clock that stands. */
export async function start(settings: Settings = {}) {
  const clock = new FakeClock(START)
  const sessions = failingStore()
  const auth = JwtAuthModule.forRoot({
    secret: SECRET,
    sessionStore: { useValue: sessions.store },
    ...settings,
  })
  const module = await startModule({ imports: [auth] }, { clock })
  const events: JwtAuthEvent[] = []
  const { events$ } = module.get(JwtAuthEvents)
  events$.subscribe((event) => void events.push(event))
  return { clock, sessions, events, events$, tokens: module.get(TokenService) }
}

/** Of a pair that has one. */
export function refreshTokenOf({ refresh_token: token }: Pick<TokenPair, 'refresh_token'>): string {
  if (token === undefined) throw new Error('The pair has no refresh token.')
  return token
}

/** For `rejects.toMatchObject`. */
export const withCode = (errorCode: string) => ({ errorCode })
export const withUsage = (code: string) => ({ name: 'JwtAuthUsageError', code })
