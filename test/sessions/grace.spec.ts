import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, describe, expect, it } from '@jest/globals'
import {
  InMemorySessionStore,
  type JwtAuthExtras,
  JwtAuthModule,
  type JwtAuthOptions,
  type SessionStore,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { connect, ownPrefix } from '../redis/support/clients.js'
import { startModule } from '../support/adapters.js'
import { describeWith } from '../support/services.js'
import { onMysql, onPostgres, onSqlite, type Scratch } from './sql/databases.js'
import { refreshTokenOf, withCode } from './token-service/start.js'

const secret = randomBytes(32)
const START = Date.now()

/** One instance of an app on a store that it may share. */
async function instance(
  store: SessionStore,
  clock: FakeClock,
  options: JwtAuthOptions & Partial<JwtAuthExtras> = {},
): Promise<TokenService> {
  const root = JwtAuthModule.forRoot({ secret, ...options, sessionStore: { useValue: store } })
  return (await startModule({ imports: [root] }, { clock })).get(TokenService)
}

describe('a loader that takes long', () => {
  it('does not move the grace: a retry at 9.9 s with a loader of 0.2 s gets the successor', async () => {
    const clock = new FakeClock()
    let takes = 0
    const claimsLoader = {
      useValue: {
        loadClaims: () => {
          clock.advance(takes)
          return {}
        },
      },
    }
    const tokens = await instance(new InMemorySessionStore(), clock, { claimsLoader })
    const first = refreshTokenOf(await tokens.issue('ada'))
    const second = refreshTokenOf(await tokens.refresh(first))
    clock.advance('9.9s')
    takes = 0.2

    expect(refreshTokenOf(await tokens.refresh(first))).toBe(second)
    expect(await tokens.sessions('ada')).toHaveLength(1)
    await expect(tokens.refresh(second)).resolves.toBeDefined()
  })
})

type Clock = 'own' | 'given'

/** Stores that instances share. */
function describeSharedStore(make: () => Promise<(clock: Clock) => SessionStore>): void {
  let made: ReturnType<typeof make> | undefined
  const storeWith = async (clock: Clock) => (await (made ??= make()))(clock)

  it.each([30, -30])('instances whose clocks are %s s apart agree over the grace', async (apart) => {
    const store = await storeWith('own')
    const options = { clockTolerance: '1m' }
    const one = await instance(store, new FakeClock(START), options)
    const other = await instance(store, new FakeClock(START + apart * 1000), options)
    const subject = randomUUID()
    const first = refreshTokenOf(await one.issue(subject))
    const second = refreshTokenOf(await one.refresh(first))

    expect(refreshTokenOf(await other.refresh(first))).toBe(second)
    expect(refreshTokenOf(await one.refresh(first))).toBe(second)
    const third = refreshTokenOf(await other.refresh(second))
    expect(refreshTokenOf(await one.refresh(second))).toBe(third)
    expect(await one.sessions(subject)).toHaveLength(1)
    await expect(other.refresh(first)).rejects.toMatchObject(withCode('refresh_reused'))
    expect(await one.sessions(subject)).toEqual([])
  })

  it('the Clock decides nothing of it, however far it is moved', async () => {
    const clock = new FakeClock()
    const tokens = await instance(await storeWith('own'), clock)
    const first = refreshTokenOf(await tokens.issue('ada'))
    const second = refreshTokenOf(await tokens.refresh(first))
    clock.advance('1d')

    expect(refreshTokenOf(await tokens.refresh(first))).toBe(second)
  })

  it("with clock: 'given' the Clock decides", async () => {
    const clock = new FakeClock()
    const tokens = await instance(await storeWith('given'), clock)
    const first = refreshTokenOf(await tokens.issue('ada'))
    const second = refreshTokenOf(await tokens.refresh(first))
    clock.advance('9.9s')
    expect(refreshTokenOf(await tokens.refresh(first))).toBe(second)
    clock.advance('0.1s')
    await expect(tokens.refresh(first)).rejects.toMatchObject(withCode('refresh_reused'))
  })
}

describe('the grace on a store that instances share', () => {
  const scratches: Scratch[] = []
  afterAll(async () => {
    for (const scratch of scratches) await scratch.drop()
  })

  const sql = (make: () => Promise<Scratch>) => async () => {
    const scratch = await make()
    scratches.push(scratch)
    const db = scratch.connect()
    await new SqlSessionStore({ db }).migrate()
    return (clock: Clock) => new SqlSessionStore({ db, clock })
  }

  describe('on SQLite', () => describeSharedStore(sql(onSqlite)))
  describeWith('postgres', 'on PostgreSQL', (url) => describeSharedStore(sql(() => onPostgres(url))))
  describeWith('mysql', 'on MariaDB', (url) => describeSharedStore(sql(() => onMysql(url))))
  describeWith('redis', 'on Redis', (url) => {
    describeSharedStore(async () => {
      const client = await connect(url)
      return (clock) => new RedisSessionStore({ client, prefix: ownPrefix(url), clock })
    })
  })
})
