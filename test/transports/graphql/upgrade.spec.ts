import { Agent, type Server } from 'node:http'
import { afterEach, describe, expect, it } from '@jest/globals'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { JwtAuthEvents, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import {
  bearer,
  closeGraphqlClients,
  firstResult,
  graphqlServers,
  graphqlWsClient,
  mercuriusServer,
} from '../../support/graphql-servers.js'
import { refused, startItems } from './app.js'

afterEach(closeGraphqlClients)

const behindProxy = {
  ...mercuriusServer,
  adapter: { name: 'fastify', create: () => new FastifyAdapter({ trustProxy: true }) },
}
const cookies = { auth: { locations: ['cookie' as const], cookies: { secure: false } } }
const EVIL = 'evil.example'

describe('a page of another site that opens a WebSocket of Mercurius with the cookie, behind a proxy', () => {
  it.each([
    ['nothing more', `http://${EVIL}`, {}],
    ['a forwarded host as a parameter', `http://${EVIL}`, { 'x-forwarded-host': EVIL }],
    [
      'a forwarded host among parameters for headers',
      `http://${EVIL}`,
      { headers: { 'x-forwarded-host': EVIL } },
    ],
    [
      'a forwarded protocol too',
      `https://${EVIL}`,
      { 'x-forwarded-host': EVIL, 'x-forwarded-proto': 'https' },
    ],
    ['a list of forwarded hosts', `http://${EVIL}`, { 'x-forwarded-host': [EVIL] }],
    ['an object as the forwarded host', `http://${EVIL}`, { 'x-forwarded-host': { a: 1 } }],
  ])('is refused with %s', async (_, origin, parameters) => {
    const app = await startItems(behindProxy, cookies)
    const token = await app.nest.get(TokenService).issueAccessToken('ada')
    const client = graphqlWsClient(app, parameters, { origin, cookie: `access_token=${token}` })

    expect(await firstResult(client, 'subscription { quiet }')).toMatchObject(
      refused('csrf_failed', 'FORBIDDEN'),
    )
  })

  it('is believed about neither host nor address, and the proxy is', async () => {
    const app = await startItems(behindProxy, cookies)
    const addresses: (string | undefined)[] = []
    app.nest.get(JwtAuthEvents).events$.subscribe(({ ip }) => addresses.push(ip))
    const token = await app.nest.get(TokenService).issueAccessToken('ada')
    const cookie = `access_token=${token}`
    const forwarded = { 'x-forwarded-host': 'shop.example', 'x-forwarded-for': '192.0.2.7' }
    const own = graphqlWsClient(app, {}, { origin: 'http://shop.example', cookie, ...forwarded })
    expect(await firstResult(own, 'subscription { quiet }')).toMatchObject({ data: { quiet: 'subscribed' } })

    const foreign = graphqlWsClient(
      app,
      { 'x-forwarded-for': '192.0.2.66' },
      { origin: `http://${EVIL}`, cookie },
    )
    await firstResult(foreign, 'subscription { quiet }')
    const behind = graphqlWsClient(
      app,
      {},
      // Each proxy may add a line of its own.
      { origin: `http://${EVIL}`, cookie, 'x-forwarded-for': ['192.0.2.7', '198.51.100.1'] },
    )
    await firstResult(behind, 'subscription { quiet }')
    expect(addresses.slice(-2)).toEqual(['127.0.0.1', '192.0.2.7'])
  })
})

describe.each(graphqlServers)('an HTTP request with an Upgrade header, on $name', (server) => {
  it('is a request like any other: its connection outlives the token, which others may use too', async () => {
    const clock = new FakeClock()
    const app = await startItems(server, {}, { clock })
    let connections = 0
    const http = app.nest.getHttpServer() as Server
    http.on('connection', () => connections++)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const me = async (subject: string) => {
      const token = await app.nest.get(TokenService).issueAccessToken(subject, { expiresIn: '1m' })
      const headers: [string, string][] = [...bearer(token), ['Upgrade', 'websocket']]
      const body = { query: '{ me }' }
      return (await app.send({ method: 'POST', path: '/graphql', headers, body, agent })).body
    }
    expect(await me('ada')).toMatchObject({ data: { me: expect.stringMatching(/^ada/) } })
    clock.advance('1m')
    expect(await me('bob')).toMatchObject({ data: { me: expect.stringMatching(/^bob/) } })
    expect(connections).toBe(1)
    agent.destroy()
  })
})
