import { describe, expect, it } from '@jest/globals'
import { type JwtAuthEvent, JwtAuthEvents } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import jwt from 'jsonwebtoken'
import { ChatGateway } from '../transports/sockets/gateway.js'
import {
  exception,
  kinds,
  refusalOf,
  refused,
  type SocketApp,
  type SocketKind,
  startSockets,
} from '../transports/sockets/kinds.js'
import { DAY, FORMER_SECRET, legacyTokens } from './former-app.js'

/** An app whose legacy tokens are accepted for 10 days, and a token that would be good for 20. */
async function startWithToken(kind: SocketKind, options: object = {}) {
  const now = Date.now()
  const until = new Date(now + 10 * DAY * 1000)
  const app = await startSockets(kind, [ChatGateway], {
    legacyTokens: { ...legacyTokens, until },
    ...options,
  })
  const iat = Math.floor(app.clock.now() / 1000)
  const token = jwt.sign({ sub: 7, iat, exp: iat + 20 * DAY }, FORMER_SECRET)
  return { app, token, until }
}

/** Where legacy tokens are used from now on. */
function placesOf(app: SocketApp): string[] {
  const places: string[] = []
  app.nest.get(JwtAuthEvents).events$.subscribe(({ type, route }) => {
    if (type === 'token.legacy') places.push(route ?? 'no route')
  })
  return places
}

describe.each(kinds)('a connection of $name with a legacy token', (kind) => {
  it('is told of when a ticket is made for it, and when that opens it', async () => {
    const { app, token } = await startWithToken(kind)
    const seen = placesOf(app)
    const ticket = await app.nest.get(JwtSockets).ticket(token)
    await kind.connect(app, { ticket })
    expect(seen).toEqual(['no route', 'handshake /'])
  })

  it('is not told of where a ticket was used before, or revokeAll has ended the token', async () => {
    const { app, token } = await startWithToken(kind)
    const ticket = await app.nest.get(JwtSockets).ticket(token)
    await kind.connect(app, { ticket })
    const seen = placesOf(app)
    expect(await refusalOf(kind.connect(app, { ticket }))).toEqual(refused(401, 'token_revoked'))
    await app.tokens.revokeAll(7)
    expect(await refusalOf(kind.connect(app, { token }))).toEqual(refused(401, 'token_revoked'))
    await expect(app.nest.get(JwtSockets).ticket(token)).rejects.toMatchObject({ errorCode: 'token_revoked' })
    expect(seen).toEqual([])
  })

  it('is served, and told of at the handshake and at each message', async () => {
    const { app, token } = await startWithToken(kind)
    const seen: JwtAuthEvent[] = []
    app.nest.get(JwtAuthEvents).events$.subscribe((event) => seen.push(event))
    const client = await kind.connect(app, { token })
    expect(seen).toMatchObject([
      { type: 'token.legacy', subject: '7', transport: 'ws', route: 'handshake /' },
    ])
    expect(await client.ask('whoami')).toMatchObject({ data: { sub: '7' } })
    expect(seen.at(-1)).toMatchObject({ type: 'token.legacy', route: 'ChatGateway.whoami' })
  })

  it('is closed at the date of the option, so that the client comes back, and is refused then', async () => {
    const { app, token, until } = await startWithToken(kind)
    const client = await kind.connect(app, { token })
    app.clock.set(until.getTime())
    expect(await client.closed).toBe(kind.comesBack)
    expect(await refusalOf(kind.connect(app, { token }))).toEqual(refused(401, 'token_expired'))
  })

  it('has no message served after that date, whatever tolerance there is', async () => {
    const { app, token, until } = await startWithToken(kind, { clockTolerance: '5m' })
    const ticket = await app.nest.get(JwtSockets).ticket(token)
    const clients = [await kind.connect(app, { token }), await kind.connect(app, { ticket })]
    app.clock.set(until.getTime() + 1000)
    for (const client of clients) {
      expect(await client.ask('whoami')).toMatchObject(exception(401, 'token_expired'))
    }
  })

  it('is closed by revokeAll, so that the client stays away; as is one that a ticket opened', async () => {
    const { app, token } = await startWithToken(kind)
    const ticket = await app.nest.get(JwtSockets).ticket(token)
    const clients = [await kind.connect(app, { token }), await kind.connect(app, { ticket })]
    expect(await clients[1]?.ask('whoami')).toMatchObject({ data: { sub: '7' } })
    await app.tokens.revokeAll(7)
    for (const client of clients) expect(await client.closed).toBe(kind.staysAway)
    expect(await refusalOf(kind.connect(app, { token }))).toEqual(refused(401, 'token_revoked'))
  })

  it('that a ticket opened is closed at the date of the option too', async () => {
    const { app, token, until } = await startWithToken(kind)
    const ticket = await app.nest.get(JwtSockets).ticket(token)
    const client = await kind.connect(app, { ticket })
    app.clock.set(until.getTime())
    expect(await client.closed).toBe(kind.comesBack)
  })

  it('is renewed by a later legacy token, which is told of, not by one of another session', async () => {
    const { app, token } = await startWithToken(kind)
    const client = await kind.connect(app, { token })
    const { iat, exp } = jwt.decode(token) as { iat: number; exp: number }
    const later = jwt.sign({ sub: 7, iat, exp: exp + DAY }, FORMER_SECRET)
    const seen = placesOf(app)
    expect(await client.ask('renew', { token: later })).toMatchObject({ data: { renewed: true } })
    expect(seen).toEqual(['ChatGateway.renew', 'no route'])
    const { access_token } = await app.tokens.exchangeLegacy(token)
    expect(await client.ask('renew', { token: access_token })).toMatchObject(
      exception(401, 'token_claims_invalid'),
    )
    await kind.connect(app, { token: access_token })
  })

  it('asks `accept` for each message, also where a ticket opened it and a legacy token renewed it', async () => {
    let isAccepted = true
    const until = new Date(Date.now() + 10 * DAY * 1000)
    const accept = () => isAccepted
    const { app, token } = await startWithToken(kind, { legacyTokens: { ...legacyTokens, until, accept } })
    const ticket = await app.nest.get(JwtSockets).ticket(token)
    const clients = [await kind.connect(app, { token }), await kind.connect(app, { ticket })]
    expect(await clients[1]?.ask('renew', { token })).toMatchObject({ data: { renewed: true } })
    for (const client of clients) expect(await client.ask('whoami')).toMatchObject({ data: { sub: '7' } })
    isAccepted = false
    for (const client of clients) {
      expect(await client.ask('whoami')).toMatchObject(exception(401, 'token_claims_invalid'))
    }
  })
})
