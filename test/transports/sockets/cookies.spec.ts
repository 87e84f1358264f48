import { describe, expect, it } from '@jest/globals'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { newTls } from '../../support/certificate.js'
import { ChatGateway } from './gateway.js'
import { kinds, refusalOf, refused, type SocketApp, type SocketKind, startSockets } from './kinds.js'

const COOKIES = { locations: ['cookie'], cookies: { secure: false } } as const
const cookieOf = (token: string) => `access_token=${token}`
const own = (app: SocketApp) => `http://127.0.0.1:${app.port}`

describe.each(kinds)('a cookie in the handshake of $name', (kind) => {
  const start = async (csrf = {}) => {
    const app = await startSockets(kind, [ChatGateway], { ...COOKIES, locations: ['cookie'], csrf })
    const token = await app.tokens.issueAccessToken('ada')
    const connect = (headers: Record<string, string>, more = {}) =>
      kind.connect(app, { headers: { cookie: cookieOf(token), ...headers }, ...more })
    return { app, token, connect }
  }

  it('of a page of another origin opens nothing', async () => {
    const { connect } = await start()
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', 'http://127.0.0.1']) {
      expect(await refusalOf(connect({ origin }))).toEqual(refused(403, 'csrf_failed'))
    }
  })

  it('of a page of another origin tells that page nothing about the session', async () => {
    const { app, connect } = await start()
    await app.tokens.revokeAll('ada')
    const origin = 'http://evil.example'
    expect(await refusalOf(connect({ origin }))).toEqual(refused(403, 'csrf_failed'))
    expect(await refusalOf(connect({ origin: own(app) }))).toEqual(refused(401, 'token_revoked'))
  })

  it('opens nothing where the browser says that the page is of another site', async () => {
    const { app, connect } = await start()
    for (const site of ['cross-site', 'same-site']) {
      const headers = { origin: own(app), 'sec-fetch-site': site }
      expect(await refusalOf(connect(headers))).toEqual(refused(403, 'csrf_failed'))
    }
  })

  it('opens nothing where nothing says which page sent it', async () => {
    const { connect } = await start()
    expect(await refusalOf(connect({}))).toEqual(refused(403, 'csrf_failed'))
  })

  it('of the own or a trusted origin opens a connection', async () => {
    const { app, connect } = await start({ trustedOrigins: ['https://app.example'] })
    for (const headers of [
      { origin: own(app) },
      { origin: 'https://app.example' },
      { origin: 'https://behind.proxy', 'sec-fetch-site': 'same-origin' },
    ]) {
      expect(await (await connect(headers)).ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
    }
  })

  it('over TLS opens a connection to an https page of the own host, and not to an http page', async () => {
    const https = newTls('127.0.0.1')
    const app = await startSockets(kind, [ChatGateway], { ...COOKIES, locations: ['cookie'] }, { https })
    const cookie = cookieOf(await app.tokens.issueAccessToken('ada'))
    const connect = (origin: string) => kind.connect(app, { headers: { cookie, origin }, isSecure: true })
    expect(await refusalOf(connect(own(app)))).toEqual(refused(403, 'csrf_failed'))
    const client = await connect(own(app).replace('http:', 'https:'))
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('needs no double submit, whose header a handshake cannot send', async () => {
    const { app, connect } = await start({ doubleSubmit: true })
    const client = await connect({ origin: own(app) })
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('is refused where there are two of the name', async () => {
    const { app, token, connect } = await start()
    const cookie = `${cookieOf(token)}; ${cookieOf(token)}`
    expect(await refusalOf(connect({ cookie, origin: own(app) }))).toEqual(refused(401, 'token_malformed'))
  })

  it('is not read unless it is among the locations', async () => {
    const app = await startSockets(kind, [ChatGateway])
    const cookie = cookieOf(await app.tokens.issueAccessToken('ada'))
    expect(await refusalOf(kind.connect(app, { headers: { cookie, origin: own(app) } }))).toEqual(
      refused(401, 'token_missing'),
    )
  })

  it('does not spare a ticket the check of its origin, and a refused ticket can still be used', async () => {
    const { app, token, connect } = await start()
    const ticket = await app.nest.get(JwtSockets).ticket(token)
    const origin = 'http://evil.example'

    expect(await refusalOf(connect({ origin }, { ticket }))).toEqual(refused(403, 'csrf_failed'))
    const client = await kind.connect(app, { ticket, headers: { origin: own(app) } })
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'ada' } })
  })

  it('comes after a ticket, which a client without a page may use', async () => {
    const { app, connect } = await start()
    const ticket = await app.nest.get(JwtSockets).ticket(await app.tokens.issueAccessToken('bob'))
    expect(await (await connect({}, { ticket })).ask('whoami')).toMatchObject({ data: { sub: 'bob' } })
  })
})

// A server of socket.io refuses some of them before anything of ours is asked.
describe('a cookie in the handshake of ws alone', () => {
  const [ws] = kinds as [SocketKind]

  it('opens nothing where a header about the page is there twice', async () => {
    const csrf = { trustedOrigins: ['https://app.example'] }
    const app = await startSockets(ws, [ChatGateway], { ...COOKIES, locations: ['cookie'], csrf })
    const cookie = cookieOf(await app.tokens.issueAccessToken('ada'))
    const [origin, host] = [own(app), `127.0.0.1:${app.port}`]
    for (const headers of [
      { origin, host: [host, 'evil.example'] },
      { origin: [origin, 'http://evil.example'] },
      { origin: ['https://app.example', 'https://app.example'] },
      { origin, 'sec-fetch-site': ['same-origin', 'cross-site'] },
    ]) {
      expect(await refusalOf(ws.connect(app, { headers: { cookie, ...headers } }))).toEqual(
        refused(403, 'csrf_failed'),
      )
    }
  })
})
