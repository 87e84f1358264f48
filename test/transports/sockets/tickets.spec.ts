import { randomBytes } from 'node:crypto'
import { WebSocketGateway } from '@nestjs/websockets'
import { describe, expect, it } from '@jest/globals'
import {
  type ClaimsLoader,
  type ClaimsLoaderContext,
  InMemorySessionStore,
  TokenService,
} from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { failingKms } from '../../keys/failing-kms.js'
import { kidOf, startInstance, suspend, TestKeyStore, WRAP } from '../../keys/fleet.js'
import { breakSignature, readToken } from '../../support/forge.js'
import { ioClient, connected } from '../../support/socket-io-client.js'
import { ChatGateway } from './gateway.js'
import { NewsGateway } from './news-gateway.js'
import { exception, kinds, refusalOf, refused, startSockets, type SocketApp } from './kinds.js'

/** A namespace that nobody protected. */
@WebSocketGateway({ namespace: 'plain' })
class PlainGateway {}

const KEY = { algorithm: 'HS256', kid: 'now', secret: randomBytes(32) } as const
const ADMIN = { claims: { is_admin: true } }
const ticketFor = (app: SocketApp, token: string) => app.nest.get(JwtSockets).ticket(token)

describe.each(kinds)('a ticket for $name', (kind) => {
  it('opens a connection with the claims of its access token', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const { access_token } = await app.tokens.issue('ada', ADMIN)
    const client = await kind.connect(app, { ticket: await ticketFor(app, access_token) })

    expect(await client.ask('admin')).toMatchObject({ data: { sub: 'ada' } })
    expect(await client.ask('claims')).toMatchObject({ data: { claims: readToken(access_token).claims } })
  })

  it('opens one connection only, also where two clients use it at the same time', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const ticket = await ticketFor(app, await app.tokens.issueAccessToken('ada'))
    const results = await Promise.allSettled([kind.connect(app, { ticket }), kind.connect(app, { ticket })])

    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await refusalOf(kind.connect(app, { ticket }))).toEqual(refused(401, 'token_revoked'))
  })

  it('expires after 30 seconds', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const token = await app.tokens.issueAccessToken('ada')
    const [early, ticket] = [await ticketFor(app, token), await ticketFor(app, token)]
    app.clock.advance('29s')
    const client = await kind.connect(app, { ticket: early })
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
    app.clock.advance('1s')
    expect(await refusalOf(kind.connect(app, { ticket }))).toEqual(refused(401, 'token_expired'))
  })

  it('is refused where it is repeated, altered, or for another purpose', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const ticket = await ticketFor(app, await app.tokens.issueAccessToken('ada'))
    const other = await app.tokens.issueOneTimeToken('password-reset', 'ada', { expiresIn: '30s' })
    const selfMade = await app.tokens.issueOneTimeToken('ws-ticket', 'ada', { expiresIn: '30s' })

    expect(await refusalOf(kind.connect(app, { ticket: breakSignature(ticket) }))).toEqual(
      refused(401, 'token_signature_invalid'),
    )
    expect(await refusalOf(kind.connect(app, { ticket: other }))).toEqual(refused(401, 'token_wrong_type'))
    expect(await refusalOf(kind.connect(app, { ticket: selfMade }))).toEqual(
      refused(401, 'token_claims_invalid'),
    )
    // None of these has used it up.
    await kind.connect(app, { ticket })
  })

  it.each([
    null,
    'access',
    { claims: { sub: 'ada' } },
    { claims: { sub: 'ada' }, header: null },
    { header: {} },
    { claims: null, header: {} },
    { claims: {}, header: {} },
    { claims: { sub: 7 }, header: {} },
  ])('is refused where it carries %j in place of a token', async (access) => {
    const app = await startSockets(kind, [ChatGateway])
    const options = { expiresIn: '30s', claims: { access } } as const
    const ticket = await app.tokens.issueOneTimeToken('ws-ticket', 'ada', options)
    expect(await refusalOf(kind.connect(app, { ticket }))).toEqual(refused(401, 'token_claims_invalid'))
  })

  it('opens a connection for a page of any origin, where no page signs in by cookies', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const ticket = await ticketFor(app, await app.tokens.issueAccessToken('ada'))
    const client = await kind.connect(app, { ticket, headers: { origin: 'https://app.example' } })
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('carries the claims of its token, and of the header only what is read later', async () => {
    const app = await startSockets(kind, [ChatGateway], { secret: undefined, keys: [KEY] })
    const header = { region: 'eu' }
    const { access_token } = await app.tokens.issue('ada', { ...ADMIN, header })
    const alone = await app.tokens.issueAccessToken('ada', { header })
    const read = { alg: 'HS256', kid: KEY.kid, typ: 'at+jwt' }
    const { generation } = readToken(alone).header

    expect(readToken(await ticketFor(app, access_token)).claims['access']).toEqual({
      claims: readToken(access_token).claims,
      header: read,
    })
    expect(readToken(await ticketFor(app, alone)).claims['access']).toEqual({
      claims: readToken(alone).claims,
      header: { ...read, generation },
    })
  })

  it('is refused to a token that is so large that its ticket would be too large', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const token = await app.tokens.issueAccessToken('ada', { claims: { note: 'x'.repeat(5800) } })
    await expect(ticketFor(app, token)).rejects.toMatchObject({ errorCode: 'request_invalid' })
  })

  it('is no access token', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const ticket = await ticketFor(app, await app.tokens.issueAccessToken('ada'))
    expect(await refusalOf(kind.connect(app, { token: ticket }))).toEqual(refused(401, 'token_wrong_type'))
  })

  it('is made of nothing but a live access token', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const { access_token, refresh_token = '' } = await app.tokens.issue('ada')
    await expect(ticketFor(app, refresh_token)).rejects.toMatchObject({ errorCode: 'token_wrong_type' })
    await app.tokens.revokeAll('ada')
    await expect(ticketFor(app, access_token)).rejects.toMatchObject({ errorCode: 'token_revoked' })
  })

  it('opens nothing once the session or the token behind it is revoked', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const { access_token } = await app.tokens.issue('ada')
    const alone = await app.tokens.issueAccessToken('bob')
    const tickets = [await ticketFor(app, access_token), await ticketFor(app, alone)]
    await app.tokens.revokeAll('ada')
    await app.tokens.revokeAll('bob')
    for (const ticket of tickets) {
      expect(await refusalOf(kind.connect(app, { ticket }))).toEqual(refused(401, 'token_revoked'))
    }
  })

  it('opens a connection for a token without a session that was issued after all others were revoked', async () => {
    const app = await startSockets(kind, [ChatGateway])
    await app.tokens.revokeAll('ada')
    const ticket = await ticketFor(app, await app.tokens.issueAccessToken('ada'))
    const client = await kind.connect(app, { ticket })
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('opens nothing where nothing but the session or the token behind it has ended', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const [{ access_token, sessionId = '' }, alone] = [
      await app.tokens.issue('ada'),
      await app.tokens.issueAccessToken('bob'),
    ]
    const tickets = [await ticketFor(app, access_token), await ticketFor(app, alone)]
    await app.tokens.revokeSession(sessionId)
    await app.tokens.revoke(alone)
    for (const ticket of tickets) {
      expect(await refusalOf(kind.connect(app, { ticket }))).toEqual(refused(401, 'token_revoked'))
    }
  })

  it('opens nothing once its access token has expired', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const token = await app.tokens.issueAccessToken('ada', { expiresIn: '10s' })
    const ticket = await ticketFor(app, token)
    app.clock.advance('10s')
    expect(await refusalOf(kind.connect(app, { ticket }))).toEqual(refused(401, 'token_expired'))
  })

  it('makes a connection that ends with its access token', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const token = await app.tokens.issueAccessToken('ada', { expiresIn: '10s' })
    const client = await kind.connect(app, { ticket: await ticketFor(app, token) })
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
    app.clock.advance('10s')
    expect(await client.closed).toBe(kind.comesBack)
  })

  it('is not to be had without sessions, and the error names the option', async () => {
    const app = await startSockets(kind, [ChatGateway], { refreshToken: false })
    const token = await app.tokens.issueAccessToken('ada')
    await expect(ticketFor(app, token)).rejects.toMatchObject({
      code: 'sessions_disabled',
      message: expect.stringContaining('refreshToken: false'),
    })
    expect(await refusalOf(kind.connect(app, { ticket: token }))).toEqual(refused(401, 'token_wrong_type'))
  })

  it('of a claims loader that replaces the claims has these claims alone', async () => {
    class Bare implements ClaimsLoader {
      loadClaims(_identity: unknown, { claims: { sub, exp } }: ClaimsLoaderContext) {
        return { sub, exp, role: 'reader' }
      }
    }
    const app = await startSockets(kind, [ChatGateway, Bare], {
      claimsMode: 'replace',
      claimsLoader: Bare,
    })
    const token = await app.nest.get(TokenService).issueAccessToken('ada')
    const client = await kind.connect(app, { ticket: await ticketFor(app, token) })
    expect(await client.ask('claims')).toMatchObject({ data: { claims: readToken(token).claims } })
  })
})

describe.each(kinds)('a connection of $name, at an instance that was suspended', (kind) => {
  it.each(['token', 'ticket'])('opened by a %s, serves no message past exp', async (how) => {
    const app = await startSockets(kind, [ChatGateway])
    const token = await app.tokens.issueAccessToken('ada', { expiresIn: '10s' })
    const client = await kind.connect(
      app,
      how === 'ticket' ? { ticket: await ticketFor(app, token) } : { token },
    )
    suspend(app, 10_000)
    expect(await client.ask('whoami')).toMatchObject(exception(401, 'token_expired'))
  })
})

describe.each(kinds)(
  'a connection of $name, at an instance that was suspended while its key was revoked',
  (kind) => {
    it.each(['token', 'ticket'])('opened by a %s, serves no message more, and is closed', async (how) => {
      const store = new TestKeyStore()
      const app = await startSockets(kind, [ChatGateway], {
        secret: undefined,
        keyRotation: { wrap: WRAP },
        keyStore: { useValue: store },
      })
      const token = await app.tokens.issueAccessToken('ada')
      const client = await kind.connect(
        app,
        how === 'ticket' ? { ticket: await ticketFor(app, token) } : { token },
      )
      expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
      const other = await startInstance(store, { clock: new FakeClock(app.clock.now()) })
      await other.keys.revoke(kidOf(token))
      suspend(app, 30_000)
      client.send('whoami')

      expect(await Promise.race([client.next(), client.closed])).toBe(kind.staysAway)
      expect(app.nest.get(ChatGateway).served).toEqual(['ada'])
    })
  },
)

describe('a ticket that cannot be made', () => {
  const [ws] = kinds as [(typeof kinds)[0]]

  it('because the store is down is an outage, not a mistake of the client', async () => {
    class Store extends InMemorySessionStore {
      override addOneTimeToken() {
        return Promise.reject(new Error('down'))
      }
    }
    const app = await startSockets(ws, [ChatGateway], { sessionStore: { useValue: new Store() } })
    const token = await app.tokens.issueAccessToken('ada')
    await expect(ticketFor(app, token)).rejects.toMatchObject({ errorCode: 'store_unavailable', status: 503 })
  })

  it('because its key would be removed before it ends is a mistake of the app', async () => {
    const app = await startSockets(ws, [ChatGateway], {
      secret: undefined,
      keyRotation: { wrap: WRAP },
      keyStore: { useValue: new TestKeyStore() },
      accessToken: { expiresIn: '10s' },
      refreshToken: { expiresIn: '20s' },
    })
    const token = await app.tokens.issueAccessToken('ada')
    await expect(ticketFor(app, token)).rejects.toMatchObject({
      name: 'JwtAuthUsageError',
      code: 'lifetime_invalid',
    })
  })

  it('because the signer is down is an outage too', async () => {
    const kms = failingKms()
    const app = await startSockets(ws, [ChatGateway], { secret: undefined, keys: [kms.key] })
    const token = await app.tokens.issueAccessToken('ada')
    kms.fail('rejects')
    await expect(ticketFor(app, token)).rejects.toMatchObject({ errorCode: 'keys_unavailable', status: 503 })
  })
})

describe('a ticket on a connection of socket.io', () => {
  const [, socketIo] = kinds as [unknown, (typeof kinds)[0]]
  const start = async (options = {}) => {
    const app = await startSockets(socketIo, [ChatGateway, NewsGateway, PlainGateway], options)
    const query = { ticket: await ticketFor(app, await app.tokens.issueAccessToken('ada')) }
    return { enter: (namespace: string) => ioClient(app.port, { namespace, query, forceNew: false }) }
  }

  it('is used up once for all namespaces of the connection', async () => {
    const { enter } = await start()
    const root = await connected(enter('/'))
    const news = await connected(enter('/news'))
    expect([root.connected, news.connected]).toEqual([true, true])
    expect(news.io).toBe(root.io)
  })

  it('is used up once for namespaces that are entered at the same time', async () => {
    const { enter } = await start()
    const [root, news] = await Promise.all([connected(enter('/')), connected(enter('/news'))])
    expect(news.io).toBe(root.io)
  })

  it('can be used for another namespace after an outage of the store', async () => {
    class FailingOnce extends InMemorySessionStore {
      isDown = true

      override async consumeOneTimeToken(...args: Parameters<InMemorySessionStore['consumeOneTimeToken']>) {
        if (!this.isDown) return super.consumeOneTimeToken(...args)
        this.isDown = false
        throw new Error('down')
      }
    }
    const { enter } = await start({ sessionStore: { useValue: new FailingOnce() } })
    // Keeps the connection open while another namespace is refused.
    const { io } = await connected(enter('/plain'))
    const { id } = io.engine as { readonly id?: string }
    await expect(connected(enter('/'))).rejects.toMatchObject({ data: { errorCode: 'store_unavailable' } })
    const news = await connected(enter('/news'))
    expect(news.io.engine).toMatchObject({ id })
  })
})
