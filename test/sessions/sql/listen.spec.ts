import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, OpenConnections, TokenService } from '@nest-jwt-auth/core'
import { FakeClock, sessionStoreCases } from '@nest-jwt-auth/core/testing'
import { type ListeningClient, SqlSessionStore } from '@nest-jwt-auth/sql'
import { Client, Pool } from 'pg'
import { startModule } from '../../support/adapters.js'
import { describeWith } from '../../support/services.js'
import { onPostgres, onSqlite, type Scratch } from './databases.js'

const secret = randomBytes(32)

describeWith('postgres', 'SqlSessionStore with listenWith', (url) => {
  let scratch: Scratch
  let admin: Pool

  beforeAll(async () => {
    scratch = await onPostgres(url)
    admin = new Pool({ connectionString: url, max: 1 })
    await new SqlSessionStore({ db: scratch.connect() }).migrate()
  })
  afterAll(async () => {
    await admin.end()
    await scratch.drop()
  })

  const listenWith =
    (name = newName()) =>
    () =>
      new Client({ connectionString: url, application_name: name })

  /** One instance of the app, whose clock stands still: what it notices, it has heard. */
  async function startInstance(options: { listenWith?: () => ListeningClient }) {
    const store = new SqlSessionStore({ db: scratch.connect(), ...options })
    const root = JwtAuthModule.forRoot({ secret, sessionStore: { useValue: store } })
    const module = await startModule({ imports: [root] }, { clock: new FakeClock() })
    return { module, tokens: module.get(TokenService), connections: module.get(OpenConnections) }
  }

  /** Opens a connection. `code` resolves when it is ended. */
  async function connect({ tokens, connections }: Awaited<ReturnType<typeof startInstance>>, token: string) {
    const verified = await tokens.verify(token)
    return { code: new Promise<string>((resolve) => void connections.add(verified, resolve)) }
  }

  const listening = async (name: string) => {
    const { rows } = await admin.query<{ pid: number; query: string }>(
      'select pid, query from pg_stat_activity where application_name = $1',
      [name],
    )
    return rows
  }

  async function untilListening(name: string): Promise<number> {
    for (;;) {
      const [one] = await listening(name)
      if (one?.query.startsWith('listen')) return one.pid
    }
  }

  describe('keeps what a store promises', () => {
    let store: SqlSessionStore | undefined
    const create = () => (store ??= new SqlSessionStore({ db: scratch.connect(), listenWith: listenWith() }))
    for (const { name, run } of sessionStoreCases(create)) it(name, run)
  })

  it('ends connections that another instance revokes, and no others', async () => {
    const [here, elsewhere] = [
      await startInstance({ listenWith: listenWith('here') }),
      await startInstance({ listenWith: listenWith() }),
    ]
    const subject = `${randomBytes(4).toString('hex')} ♥ '\\\0\ud800`
    const [first, second, third] = [
      await elsewhere.tokens.issue(subject),
      await elsewhere.tokens.issue(subject),
      await elsewhere.tokens.issue(subject),
    ]
    const alone = await elsewhere.tokens.issueAccessToken(subject)
    const open = {
      first: await connect(here, first.accessToken),
      second: await connect(here, second.accessToken),
      third: await connect(here, third.accessToken),
      alone: await connect(here, alone),
    }
    const ended: string[] = []
    for (const [name, { code }] of Object.entries(open)) void code.then(() => ended.push(name))
    await untilListening('here')

    await elsewhere.tokens.revokeSession(first.sessionId ?? '')
    expect(await open.first.code).toBe('token_revoked')
    expect(ended).toEqual(['first'])
    await elsewhere.tokens.revoke(second.accessToken)
    await open.second.code
    expect(ended).toEqual(['first', 'second'])
    await elsewhere.tokens.revokeAll(subject)
    await Promise.all([open.third.code, open.alone.code])
  })

  it('a killed connection is opened again, and what was revoked meanwhile is noticed', async () => {
    const name = newName()
    const [here, elsewhere] = [
      await startInstance({ listenWith: listenWith(name) }),
      await startInstance({ listenWith: listenWith() }),
    ]
    const { accessToken, sessionId = '' } = await elsewhere.tokens.issue('ada')
    const { code } = await connect(here, accessToken)
    await admin.query('select pg_terminate_backend($1)', [await untilListening(name)])
    await elsewhere.tokens.revokeSession(sessionId)
    expect(await code).toBe('token_revoked')
    expect(await untilListening(name)).toBeGreaterThan(0)
  })

  it('a connection that cannot be opened is tried again', async () => {
    let tries = 0
    const name = newName()
    const here = await startInstance({
      listenWith: () => {
        if (++tries === 1) throw new Error('no name resolution')
        const connectionString = tries === 2 ? 'postgres://127.0.0.1:1/none' : url
        return new Client({ connectionString, application_name: name })
      },
    })
    const { accessToken } = await here.tokens.issue('ada')
    await connect(here, accessToken)
    await untilListening(name)
    expect(tries).toBe(3)
  })

  it('is not opened before the first connection, and is ended when the app closes', async () => {
    const name = newName()
    const here = await startInstance({ listenWith: listenWith(name) })
    const { accessToken } = await here.tokens.issue('ada')
    expect(await listening(name)).toEqual([])
    await connect(here, accessToken)
    await untilListening(name)
    await here.module.close()
    while ((await listening(name)).length > 0) await Promise.resolve()
  })
})

describe('listenWith on another database', () => {
  it('is an error that says so', async () => {
    const scratch = await onSqlite()
    const listenWith = () => new Client()
    expect(() => new SqlSessionStore({ db: scratch.connect(), listenWith })).toThrow(
      '`listenWith` of a SqlSessionStore needs PostgreSQL. Leave it out on other databases.',
    )
    await scratch.drop()
  })
})

function newName(): string {
  return `listen-${randomBytes(6).toString('hex')}`
}
