import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { JwtAuthModule, OpenConnections, TokenService } from '@nest-jwt-auth/core'
import { FakeClock, sessionStoreCases } from '@nest-jwt-auth/core/testing'
import { type ListeningClient, SqlSessionStore } from '@nest-jwt-auth/sql'
import { Kysely, PostgresDialect } from 'kysely'
import { Client, Pool } from 'pg'
import { startModule } from '../../support/adapters.js'
import { describeWith } from '../../support/services.js'
import { opened } from './a-session.js'
import { type AnyTables, onPostgres, onSqlite, type Scratch } from './databases.js'

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

  it('what ends is told of on the connection of its own transaction, so that it is told when that is committed', async () => {
    // There is no other connection, and nobody waits for one for long.
    const one = await onPostgres(url, {}, { max: 1, connectionTimeoutMillis: 10_000 })
    const store = new SqlSessionStore({ db: one.connect(), listenWith: listenWith() })
    await store.migrate()
    const [subject, now] = ['ada', 1]
    const jti = 'token'
    const keepUntil = 1000
    const session = await opened(store)
    const exchanged = { jti, keepUntil, generation: await store.keepGeneration({ subject, keepUntil, now }) }
    await store.open({ session: { ...session, id: 'other' }, max: 1, now })
    await store.open({ session: { ...session, id: 'third' }, exchanged, now })
    await store.revokeToken({ jti, subject, keepUntil, now })
    expect(await store.endAll({ subject, keepUntil, now })).toBe(2)
    await one.drop()
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

describe('the connection of listenWith', () => {
  const FIRST_WAIT = 500

  /** What `pg` does, as the test wants it; `begun` is how many were asked to connect. */
  class FakeClient extends EventEmitter implements ListeningClient {
    isEnded = false
    answer: (error?: Error) => void = () => undefined
    async connect(): Promise<void> {}
    query(): Promise<void> {
      return new Promise((resolve, reject) => {
        this.answer = (error) => (error === undefined ? resolve() : reject(error))
      })
    }
    async end(): Promise<void> {
      this.isEnded = true
      this.emit('end')
    }
    unref(): void {}
    lose(): void {
      this.emit('error', new Error('terminated'))
      this.emit('end')
    }
  }

  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  function watch() {
    const clients: FakeClient[] = []
    const heard: (string | undefined)[] = []
    const listenWith = () => {
      const client = new FakeClient()
      clients.push(client)
      return client
    }
    // The pool connects at the first query, and there is none.
    const db = new Kysely<AnyTables>({ dialect: new PostgresDialect({ pool: new Pool() }) })
    const unwatch = new SqlSessionStore({ db, listenWith }).watch((subject) => heard.push(subject))
    const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds)
    /** Answers the last client that asked to listen. */
    const answer = async (error?: Error) => {
      await pass(0)
      clients.at(-1)?.answer(error)
      await pass(0)
    }
    return { clients, heard, unwatch: () => unwatch?.(), pass, answer }
  }

  it('everything is forgotten when it listens, and not before', async () => {
    const { clients, heard, pass, answer } = watch()
    await pass(0)
    expect(heard).toStrictEqual([])
    await answer()
    expect(heard).toStrictEqual([undefined])
    clients[0]?.lose()
    await pass(FIRST_WAIT)
    expect(heard).toStrictEqual([undefined])
    await answer()
    expect(heard).toStrictEqual([undefined, undefined])
  })

  it('tells of the subject of a notification, and of everybody if that has another form', async () => {
    const { clients, heard, answer } = watch()
    await answer()
    heard.length = 0
    for (const payload of ['"ada"', '""', '', '7', '{"a":', 'null', undefined]) {
      clients[0]?.emit('notification', { payload })
    }
    expect(heard).toStrictEqual(['ada', '', undefined, undefined, undefined, undefined, undefined])
  })

  it('is opened again half a second after each loss, one for all that is said of a loss', async () => {
    const { clients, pass, answer } = watch()
    await answer()
    for (let loss = 1; loss <= 5; loss++) {
      clients.at(-1)?.lose()
      clients.at(-1)?.lose()
      expect(clients.at(-1)?.isEnded).toBe(true)
      await pass(FIRST_WAIT - 1)
      expect(clients).toHaveLength(loss)
      await pass(1)
      expect(clients).toHaveLength(loss + 1)
      await answer()
    }
  })

  it('is tried again after twice as long each time, and at least every 15 seconds', async () => {
    const { clients, pass, answer } = watch()
    await answer(new Error('away'))
    for (const wait of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
      const before = clients.length
      await pass(wait - 1)
      expect(clients).toHaveLength(before)
      await pass(1)
      expect(clients).toHaveLength(before + 1)
      await answer(new Error('away'))
    }
  })

  it.each<[string, (watched: ReturnType<typeof watch>) => Promise<unknown>]>([
    ['while it listens', ({ answer }) => answer()],
    ['while it begins', ({ pass }) => pass(0)],
    [
      'between a loss and the next try',
      async ({ clients, answer, pass }) => {
        await answer()
        clients[0]?.lose()
        await pass(FIRST_WAIT - 1)
      },
    ],
  ])('is never opened again after the app was closed %s', async (_, before) => {
    const watched = watch()
    await before(watched)
    watched.unwatch()
    await watched.pass(60_000)
    expect(watched.clients.map(({ isEnded }) => isEnded)).toEqual([true])
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
