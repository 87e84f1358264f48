import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import {
  InMemorySessionStore,
  JwtAuthEvents,
  type JwtAuthEvent,
  type StandardSchema,
} from '@nest-jwt-auth/core'
import { breakSignature } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import { connectWs, HandshakeRefused } from '../../support/ws-client.js'
import { AnonymousGateway, ChatGateway } from './gateway.js'
import { exception, kinds, refusalOf, refused, startSockets } from './kinds.js'

class FailingStore extends InMemorySessionStore {
  failing = false

  override lookUp(input: Parameters<InMemorySessionStore['lookUp']>[0]) {
    return this.failing ? Promise.reject(new Error('down')) : super.lookUp(input)
  }
}

describe.each(kinds)('the handshake of $name', (kind) => {
  it('is refused without a token', async () => {
    const app = await startSockets(kind, [ChatGateway])
    expect(await refusalOf(kind.connect(app))).toEqual(refused(401, 'token_missing'))
  })

  it('is refused with a token that is malformed, expired, of another key, revoked or of another kind', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const { access_token, refresh_token = '' } = await app.tokens.issue('ada')
    const connect = (token: string) => refusalOf(kind.connect(app, { token }))

    expect(await connect('abc.def')).toEqual(refused(401, 'token_malformed'))
    expect(await connect(breakSignature(access_token))).toEqual(refused(401, 'token_signature_invalid'))
    expect(await connect(refresh_token)).toEqual(refused(401, 'token_wrong_type'))
    await app.tokens.revokeAll('ada')
    expect(await connect(access_token)).toEqual(refused(401, 'token_revoked'))
    app.clock.advance('16m')
    expect(await connect(access_token)).toEqual(refused(401, 'token_expired'))
  })

  it('is accepted with a good token, and its messages are those of the token', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const client = await kind.connect(app, { token: await app.tokens.issueAccessToken('ada') })

    expect(await client.ask('whoami')).toEqual({ event: 'answer', data: { sub: 'ada' } })
  })

  it('is refused with 503 while the session store is down', async () => {
    const store = new FailingStore()
    const app = await startSockets(kind, [ChatGateway], { sessionStore: { useValue: store } })
    const token = await app.tokens.issueAccessToken('ada')
    store.failing = true
    expect(await refusalOf(kind.connect(app, { token }))).toEqual(refused(503, 'store_unavailable'))
    store.failing = false
    expect(await (await kind.connect(app, { token })).ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('is refused with 500 where code of the app throws, and only the log says why', async () => {
    const validate = () => (isFailing ? Promise.reject(new Error('no list of plans')) : { issues: undefined })
    const claimsSchema: StandardSchema = { '~standard': { version: 1, vendor: 'this spec', validate } }
    let isFailing = false
    const app = await startSockets(kind, [ChatGateway], { claimsSchema })
    const token = await app.tokens.issueAccessToken('ada')
    isFailing = true
    logs.clear()
    const connecting = kind.connect(app, { token })
    expect(await refusalOf(connecting)).toEqual({ status: 500, errorCode: undefined })
    const told: unknown = await connecting.catch((error: unknown) => error)
    expect(inspect(told)).toContain('Internal server error')
    expect(inspect(told)).not.toContain('no list of plans')
    expect(logs.text('error')).toContain('no list of plans')
  })

  it('reads no access token from the query, whatever the locations of the module are', async () => {
    const locations = ['header', 'query', { query: 'token' }] as const
    const app = await startSockets(kind, [ChatGateway], { locations: [...locations] })
    const token = await app.tokens.issueAccessToken('ada')
    for (const name of ['access_token', 'token']) {
      expect(await refusalOf(kind.connect(app, { query: { [name]: token } }))).toEqual(
        refused(401, 'token_missing'),
      )
    }
    expect(await refusalOf(kind.connect(app, { ticket: token }))).toEqual(refused(401, 'token_wrong_type'))
  })

  it('reads the headers that the locations name, and no others', async () => {
    const app = await startSockets(kind, [ChatGateway], { locations: [{ header: 'x-token', scheme: null }] })
    const token = await app.tokens.issueAccessToken('ada')
    const bearer = { authorization: `Bearer ${token}` }

    expect(await refusalOf(kind.connect(app, { headers: bearer }))).toEqual(refused(401, 'token_missing'))
    const client = await kind.connect(app, { headers: { 'x-token': token } })
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('asks no location function, which needs the context of a handler', async () => {
    const app = await startSockets(kind, [ChatGateway], {
      locations: [(context) => context.getClass().name, 'header'],
    })
    const token = await app.tokens.issueAccessToken('ada')
    const client = await kind.connect(app, { headers: { authorization: `Bearer ${token}` } })
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('lets anonymous clients in where the gateway says so, to what needs no token', async () => {
    const app = await startSockets(kind, [AnonymousGateway])
    const client = await kind.connect(app)

    expect(await client.ask('open')).toMatchObject({ data: { open: true } })
    expect(await client.ask('optional')).toMatchObject({ data: { sub: 'nobody' } })
    expect(await client.ask('whoami')).toEqual(exception(401, 'token_missing'))
    expect(await refusalOf(kind.connect(app, { token: 'abc.def' }))).toEqual(refused(401, 'token_malformed'))
  })

  it.each([
    { order: 'first', gateways: [ChatGateway, AnonymousGateway] },
    { order: 'last', gateways: [AnonymousGateway, ChatGateway] },
  ])('needs a token where one of the gateways on a server demands it, the $order', async ({ gateways }) => {
    const app = await startSockets(kind, gateways)
    expect(await refusalOf(kind.connect(app))).toEqual(refused(401, 'token_missing'))
  })

  it('tells events and the debug log what was refused, where, and from which address', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const events: JwtAuthEvent[] = []
    app.nest.get(JwtAuthEvents).events$.subscribe((event) => void events.push(event))
    logs.clear()
    await refusalOf(kind.connect(app, { token: 'abc.def', headers: { 'user-agent': 'a'.repeat(300) } }))

    expect(events).toEqual([
      expect.objectContaining({
        type: 'auth.denied',
        errorCode: 'token_malformed',
        transport: 'ws',
        route: 'handshake /',
        ip: expect.stringContaining('127.0.0.1'),
        userAgent: 'a'.repeat(256),
      }),
    ])
    expect(logs.text('debug')).toMatch(/token_malformed, at handshake \/, over ws, from .*127\.0\.0\.1/)
    expect(logs.text()).not.toContain('abc.def')
  })
})

describe('a handshake of ws that is refused', () => {
  const [ws] = kinds as [(typeof kinds)[0]]
  const answerTo = async (port: number, token?: string): Promise<HandshakeRefused> => {
    const error: unknown = await connectWs(port, { token }).catch((reason: unknown) => reason)
    if (error instanceof HandshakeRefused) return error
    throw new Error('It was accepted.')
  }

  it('has the body and the challenge of an HTTP refusal', async () => {
    const app = await startSockets(ws, [ChatGateway], { realm: 'chat' })
    const { headers, body } = await answerTo(app.port, 'abc.def')

    expect(headers['www-authenticate']).toMatch(/^Bearer realm="chat", error="invalid_token"/)
    expect(headers['content-type']).toBe('application/json')
    expect(body).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      errorCode: 'token_malformed',
      message: 'The token is malformed.',
    })
    expect((await answerTo(app.port)).headers['www-authenticate']).toBe('Bearer realm="chat"')
  })

  it('says when to try again while the session store is down', async () => {
    const store = new FailingStore()
    const app = await startSockets(ws, [ChatGateway], { sessionStore: { useValue: store } })
    const token = await app.tokens.issueAccessToken('ada')
    store.failing = true
    expect((await answerTo(app.port, token)).headers['retry-after']).toBe('1')
  })
})
