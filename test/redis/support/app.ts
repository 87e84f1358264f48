import { randomBytes } from 'node:crypto'
import { type SessionStore, TokenService } from '@nest-jwt-auth/core'
import { JwtAuthModule, type JwtAuthOptions } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../../support/adapters.js'

const secret = randomBytes(32)

export interface Instance {
  tokens: TokenService
  clock: FakeClock
}

/** One instance of an app: those of one file have the same secret. */
export async function startInstance(
  store: SessionStore,
  options: JwtAuthOptions = {},
  clock = new FakeClock(),
): Promise<Instance> {
  const root = JwtAuthModule.forRoot({ secret, ...options, sessionStore: { useValue: store } })
  const module = await startModule({ imports: [root] }, { clock })
  return { tokens: module.get(TokenService), clock }
}

/** The errorCode of a refusal; undefined where there was none. */
export async function refusalOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return String(Reflect.get(Object(error), 'errorCode') ?? error)
  }
}
