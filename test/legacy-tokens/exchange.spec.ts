import { sign } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  ClaimsLoader,
  IdentityLoader,
  type IdentityLoaderContext,
  InMemorySessionStore,
  JwtAuthEvents,
  type JwtAuthEvent,
  JwtAuthModule,
  type JwtClaims,
  type SessionStore,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { connect, ownPrefix } from '../redis/support/clients.js'
import { onMysql, onPostgres, onSqlite, type Scratch } from '../sessions/sql/databases.js'
import { startModule } from '../support/adapters.js'
import { encodePart, SECRET } from '../support/forge.js'
import { describeWith } from '../support/services.js'
import { DAY, formerToken, legacyTokens, NOW, p256, START } from './former-app.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const clock = new FakeClock(START)

beforeEach(() => clock.set(START))

async function start(options: Options = {}, store: SessionStore = new InMemorySessionStore()) {
  const sessionStore = { useValue: store }
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, legacyTokens, sessionStore, ...options })]
  const module = await startModule({ imports }, { clock })
  return { tokens: module.get(TokenService), events: module.get(JwtAuthEvents) }
}

const refusal = (errorCode: string) => ({ errorCode, status: 401 })

describe('exchangeLegacy', () => {
  it('opens a session as a login does, without auth_time, also after a refresh', async () => {
    const { tokens } = await start()
    const pair = await tokens.exchangeLegacy(formerToken({ sub: 7, username: 'ada' }))
    expect(pair).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
    const { claims } = await tokens.verify(pair.access_token)
    expect(Object.keys(claims).toSorted()).toEqual(['exp', 'iat', 'jti', 'sid', 'sub'])
    expect(claims).toMatchObject({ sub: '7', sid: pair.sessionId })
    const next = await tokens.refresh(pair.refresh_token ?? '')
    expect((await tokens.verify(next.access_token)).claims).not.toHaveProperty('auth_time')
    const [session, ...others] = await tokens.sessions(7)
    expect(session).toMatchObject({ id: pair.sessionId, subject: '7', authTime: undefined, metadata: {} })
    expect(others).toEqual([])
  })

  it('once per token, then token_revoked; the legacy token itself stays good until it ends', async () => {
    const { tokens } = await start()
    const text = formerToken()
    const pair = await tokens.exchangeLegacy(text)
    for (const _ of [1, 2]) {
      await expect(tokens.exchangeLegacy(text)).rejects.toMatchObject(refusal('token_revoked'))
    }
    await tokens.verify(text)
    await tokens.revokeSession(pair.sessionId ?? '')
    await tokens.verify(text)
    await expect(tokens.exchangeLegacy(text)).rejects.toMatchObject(refusal('token_revoked'))
    expect(await tokens.sessions('7')).toEqual([])
    expect(await tokens.exchangeLegacy(formerToken({ n: 2 }))).toHaveProperty('access_token')
    clock.set((NOW + 7 * DAY - 1) * 1000)
    await expect(tokens.exchangeLegacy(text)).rejects.toMatchObject(refusal('token_revoked'))
    clock.advance(1)
    await expect(tokens.exchangeLegacy(text)).rejects.toMatchObject(refusal('token_expired'))
  })

  it('runs the loaders, as a refresh does: the former claims count for nothing', async () => {
    const users = new Map([['7', { id: 7, admin: false }]])
    const { tokens } = await start({
      identityLoader: {
        useValue: new (class extends IdentityLoader {
          loadIdentity = ({ sub }: JwtClaims) => users.get(sub) ?? null
        })(),
      },
      claimsLoader: {
        useValue: new (class extends ClaimsLoader<{ admin: boolean }> {
          loadClaims = ({ admin }: { admin: boolean }) => ({ admin })
        })(),
      },
    })
    const text = formerToken({ sub: 7, admin: true })
    expect((await tokens.verify(text)).claims).toMatchObject({ admin: true })
    const pair = await tokens.exchangeLegacy(text)
    expect((await tokens.verify(pair.access_token)).claims).toMatchObject({ sub: '7', admin: false })
    await expect(tokens.exchangeLegacy(formerToken({ sub: 8 }))).rejects.toMatchObject(
      refusal('identity_unknown'),
    )
  })

  it('asks the identity loader as a refresh does', async () => {
    const asked: object[] = []
    const identityLoader = {
      useValue: {
        loadIdentity: ({ sub }: JwtClaims, { purpose }: IdentityLoaderContext) => {
          asked.push({ sub, purpose })
          return sub
        },
      },
    }
    const { tokens } = await start({ identityLoader })
    await tokens.exchangeLegacy(formerToken())

    expect(asked).toEqual([{ sub: '7', purpose: 'refresh' }])
  })

  it('does not ask the identity loader for a token that revokeAll has ended', async () => {
    let asked = 0
    const identityLoader = { useValue: { loadIdentity: () => (asked++, null) } }
    const { tokens } = await start({ identityLoader })
    const text = formerToken()
    await tokens.revokeAll('7')
    await expect(tokens.exchangeLegacy(text)).rejects.toMatchObject(refusal('token_revoked'))

    expect(asked).toBe(0)
  })

  it.each(['identity', 'claims'])(
    'opens no session where revokeAll comes while the %s are loaded',
    async (what) => {
      let meanwhile = async (): Promise<unknown> => undefined
      const { tokens } = await start({
        identityLoader: {
          useValue: {
            loadIdentity: async ({ sub }: JwtClaims) => {
              if (what === 'identity') await meanwhile()
              return sub
            },
          },
        },
        claimsLoader: {
          useValue: {
            loadClaims: async () => {
              if (what === 'claims') await meanwhile()
              return {}
            },
          },
        },
      })
      meanwhile = () => tokens.revokeAll('7')
      await expect(tokens.exchangeLegacy(formerToken())).rejects.toMatchObject(refusal('token_revoked'))

      expect(await tokens.sessions('7')).toEqual([])
    },
  )

  it('is remembered until a minute after the token has expired, and no longer', async () => {
    const store = new InMemorySessionStore()
    const { tokens } = await start({ refreshToken: { expiresIn: '1d' } }, store)
    await tokens.exchangeLegacy(formerToken())
    await store.prune({ now: START + 2 * DAY * 1000 })
    const end = (NOW + 7 * DAY + 60) * 1000

    expect(await store.prune({ now: end - 1 })).toBe(0)
    expect(await store.prune({ now: end })).toBeGreaterThan(0)
  })

  it('uses nothing up where it fails before the session is opened', async () => {
    let isAway = true
    const { tokens } = await start({
      identityLoader: {
        useValue: new (class extends IdentityLoader {
          async loadIdentity({ sub }: JwtClaims) {
            if (isAway) throw new Error('the database is away')
            return sub
          }
        })(),
      },
    })
    const text = formerToken()
    await expect(tokens.exchangeLegacy(text)).rejects.toThrow('the database is away')
    await expect(tokens.exchangeLegacy(text, { claims: { jti: 'x' } as object })).rejects.toThrow()
    isAway = false
    await tokens.exchangeLegacy(text)
  })

  it('takes the options of issue, except authTime', async () => {
    const { tokens } = await start()
    const session = { metadata: { device: 'phone' }, persistent: false }
    const pair = await tokens.exchangeLegacy(formerToken(), { claims: { plan: 'pro' } as object, session })
    expect((await tokens.verify(pair.access_token)).claims).toMatchObject({ plan: 'pro' })
    expect(await tokens.sessions('7')).toMatchObject([{ metadata: { device: 'phone' } }])
    const withTime = { authTime: NOW } as object
    await expect(tokens.exchangeLegacy(formerToken({ n: 2 }), withTime)).rejects.toMatchObject({
      code: 'options_invalid',
    })
  })

  it('takes legacy tokens alone', async () => {
    const { tokens } = await start()
    const pair = await tokens.issue('7')
    const wrong = refusal('token_wrong_type')
    await expect(tokens.exchangeLegacy(pair.access_token)).rejects.toMatchObject(wrong)
    await expect(tokens.exchangeLegacy(pair.refresh_token ?? '')).rejects.toMatchObject(wrong)
    await expect(tokens.exchangeLegacy(await tokens.issueAccessToken('7'))).rejects.toMatchObject(wrong)
    await expect(tokens.exchangeLegacy(formerToken({ type: 'refresh' }))).rejects.toMatchObject(
      refusal('token_claims_invalid'),
    )
    await expect(
      tokens.exchangeLegacy(formerToken({ exp: NOW + 1, iat: NOW }, SECRET)),
    ).rejects.toMatchObject(refusal('token_signature_invalid'))
    await expect(tokens.exchangeLegacy('')).rejects.toMatchObject(refusal('token_malformed'))
    await expect(tokens.exchangeLegacy(undefined as unknown as string)).rejects.toMatchObject(
      refusal('token_malformed'),
    )
  })

  it('without legacyTokens, as after the move, refuses what clients still send', async () => {
    const { tokens } = await start({ legacyTokens: undefined })
    await expect(tokens.exchangeLegacy(formerToken())).rejects.toMatchObject(
      refusal('token_signature_invalid'),
    )
  })

  it('tells of each use', async () => {
    const { tokens, events } = await start()
    const seen: JwtAuthEvent[] = []
    events.events$.subscribe((event) => seen.push(event))
    const text = formerToken()
    await tokens.verify(text)
    const { sessionId } = await tokens.exchangeLegacy(text)
    await expect(tokens.verify(formerToken({ exp: NOW, iat: NOW - 1 }))).rejects.toThrow()
    expect(seen).toEqual([
      { type: 'token.legacy', at: new Date(START), subject: '7' },
      { type: 'token.legacy', at: new Date(START), subject: '7' },
      expect.objectContaining({ type: 'token.issued', subject: '7', sessionId }),
    ])
  })

  it('tells of no use that was refused, neither after revokeAll nor while the store is away', async () => {
    class Store extends InMemorySessionStore {
      isAway = false

      override keepGeneration(...args: Parameters<InMemorySessionStore['keepGeneration']>) {
        return this.isAway ? Promise.reject(new Error('away')) : super.keepGeneration(...args)
      }

      override lookUp(...args: Parameters<InMemorySessionStore['lookUp']>) {
        return this.isAway ? Promise.reject(new Error('away')) : super.lookUp(...args)
      }
    }
    const store = new Store()
    const { tokens, events } = await start({}, store)
    const seen: string[] = []
    events.events$.subscribe(({ type }) => seen.push(type))
    const text = formerToken()
    const uses = [() => tokens.verify(text), () => tokens.exchangeLegacy(text)]
    store.isAway = true
    for (const use of uses) await expect(use()).rejects.toMatchObject({ errorCode: 'store_unavailable' })
    store.isAway = false
    await tokens.revokeAll('7')
    for (const use of uses) await expect(use()).rejects.toMatchObject(refusal('token_revoked'))

    expect(seen).toEqual(['subject.revoked'])
  })
})

describe('attacks on exchangeLegacy', () => {
  it('another signature of the same content is the same token (ECDSA is malleable)', async () => {
    const { secret: _secret, ...others } = legacyTokens
    const { tokens } = await start({
      legacyTokens: { ...others, algorithm: 'ES256', publicKey: p256.publicKey },
    })
    const input = `${encodePart({ alg: 'ES256', typ: 'JWT' })}.${formerToken().split('.')[1]}`
    const signature = sign('sha256', Buffer.from(input), { key: p256.privateKey, dsaEncoding: 'ieee-p1363' })
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
    const flipped = Buffer.concat([
      signature.subarray(0, 32),
      Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'),
    ])
    const [one, other] = [signature, flipped].map((bytes) => `${input}.${bytes.toString('base64url')}`)
    await tokens.verify(one ?? '')
    await tokens.verify(other ?? '')
    await tokens.exchangeLegacy(one ?? '')
    await expect(tokens.exchangeLegacy(other ?? '')).rejects.toMatchObject(refusal('token_revoked'))
  })

  it('another writing of the same token is no token', async () => {
    const { tokens } = await start()
    const text = formerToken()
    await tokens.exchangeLegacy(text)
    for (const other of [`${text}=`, ` ${text}`, `${text}\n`, text.replace('.', '..')]) {
      await expect(tokens.exchangeLegacy(other)).rejects.toMatchObject({ status: 401 })
    }
  })

  it('a later date in the option, when the first has passed, makes nothing exchangeable again', async () => {
    const store = new InMemorySessionStore()
    const first = await start({}, store)
    const text = formerToken({ exp: NOW + 60 * DAY })
    await first.tokens.exchangeLegacy(text)
    clock.set(START + 31 * DAY * 1000)
    await store.prune({ now: clock.now() })
    const until = new Date(START + 50 * DAY * 1000)
    const { tokens } = await start({ legacyTokens: { ...legacyTokens, until } }, store)
    await tokens.verify(text)
    await expect(tokens.exchangeLegacy(text)).rejects.toMatchObject(refusal('token_revoked'))
  })

  it('the sid of a legacy token opens, ends and takes over no session', async () => {
    const { tokens } = await start()
    const theirs = await tokens.issue('8')
    const text = formerToken({ sid: theirs.sessionId })
    const { sessionId } = await tokens.exchangeLegacy(text)
    expect(sessionId).not.toBe(theirs.sessionId)
    await expect(tokens.revoke(text)).rejects.toMatchObject(refusal('token_wrong_type'))
    await tokens.verify(theirs.access_token)
  })

  it('maxStaleness: what was remembered of the subject before revokeAll exchanges nothing', async () => {
    const store = new InMemorySessionStore()
    const options: Options = { sessions: { check: { maxStaleness: '5m' } } }
    const [here, there] = [await start(options, store), await start(options, store)]
    const text = formerToken()
    await here.tokens.verify(text)
    await there.tokens.revokeAll('7')
    await expect(here.tokens.exchangeLegacy(text)).rejects.toMatchObject(refusal('token_revoked'))
    expect(await here.tokens.sessions('7')).toEqual([])
  })
})

/** How long a busy machine takes is not the question here. */
const patient: Options = { sessions: { timeout: '1m' } }

/** What holds for all instances that share a store. */
function describeShared(name: string, open: () => Promise<() => SessionStore>): void {
  describe(`exchangeLegacy on ${name}`, () => {
    it('of 40 calls at the same time, on two instances, one succeeds', async () => {
      const stores = await open()
      const [one, two] = [await start(patient, stores()), await start(patient, stores())]
      for (const sub of ['7', '8', '9']) {
        const text = formerToken({ sub })
        const calls = Array.from({ length: 40 }, (_, at) => (at % 2 ? one : two).tokens.exchangeLegacy(text))
        const results = await Promise.allSettled(calls)
        const codes = results.flatMap((result) =>
          result.status === 'rejected' ? [Reflect.get(Object(result.reason), 'errorCode')] : [],
        )
        expect(codes).toEqual(Array.from({ length: 39 }, () => 'token_revoked'))
        expect(await one.tokens.sessions(sub)).toHaveLength(1)
      }
    })

    it('beside revokeAll no session survives', async () => {
      const stores = await open()
      const [one, two] = [await start(patient, stores()), await start(patient, stores())]
      for (let round = 0; round < 10; round++) {
        const subject = `subject-${round}`
        const texts = Array.from({ length: 5 }, (_, n) => formerToken({ sub: subject, n }))
        const exchanges = () => texts.map((text) => one.tokens.exchangeLegacy(text))
        const revokeAll = () => two.tokens.revokeAll(subject)
        await Promise.allSettled(round % 2 ? [...exchanges(), revokeAll()] : [revokeAll(), ...exchanges()])
        expect(await one.tokens.sessions(subject)).toEqual([])
        for (const text of texts) {
          await expect(one.tokens.verify(text)).rejects.toMatchObject(refusal('token_revoked'))
        }
      }
    })

    it('keeps no token', async () => {
      const stores = await open()
      const { tokens } = await start(patient, stores())
      const pair = await tokens.exchangeLegacy(formerToken())
      const { claims } = await tokens.verify((await tokens.refresh(pair.refresh_token ?? '')).access_token)
      expect(claims).not.toHaveProperty('auth_time')
      expect(await tokens.sessions('7')).toMatchObject([{ authTime: undefined }])
    })
  })
}

function onDatabase(make: () => Promise<Scratch>): () => Promise<() => SessionStore> {
  return async () => {
    const scratch = await make()
    scratches.push(scratch)
    await new SqlSessionStore({ db: scratch.connect() }).migrate()
    return () => new SqlSessionStore({ db: scratch.connect() })
  }
}

const scratches: Scratch[] = []

afterAll(async () => {
  for (const scratch of scratches) await scratch.drop()
})

describeShared('memory', async () => {
  const store = new InMemorySessionStore()
  return () => store
})

// Its driver blocks the thread, so two connections of one process would wait for each other.
describeShared('SQLite', async () => {
  const stores = await onDatabase(() => onSqlite())()
  const store = stores()
  return () => store
})
describeWith('postgres', 'on PostgreSQL', (url) => {
  describeShared(
    'PostgreSQL',
    onDatabase(() => onPostgres(url)),
  )
})
describeWith('mysql', 'on MySQL or MariaDB', (url) => {
  describeShared(
    'MySQL',
    onDatabase(() => onMysql(url)),
  )
})
describeWith('redis', 'on Redis', (url) => {
  describeShared('Redis', async () => {
    const prefix = ownPrefix(url)
    const clients = [await connect(url), await connect(url)]
    return () => new RedisSessionStore({ client: clients.pop() ?? clients[0]!, prefix })
  })
})
