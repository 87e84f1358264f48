import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { Inject } from '@nestjs/common'
import { Resolver, Subscription } from '@nestjs/graphql'
import { JwtAuthContext, JwtAuthEvents, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import type { RunningApp } from '../../support/adapters.js'
import {
  apolloServers,
  closeGraphqlClients,
  firstResult,
  type GraphqlResult,
  type GraphqlServer,
  graphqlServers,
  graphqlWsClient,
  mercuriusServer,
} from '../../support/graphql-servers.js'
import { newTls } from '../../support/certificate.js'
import { logs } from '../../support/logs.js'
import { accessToken, calls, GuardedFieldResolver, refused, startItems } from './app.js'

afterEach(closeGraphqlClients)

const [apolloOnExpress] = apolloServers as [GraphqlServer]

/** Its events come as from a PubSub: whoever unsubscribes need not wait for the next one. */
@Resolver()
class EndingResolver {
  onEnded: (caller: string | undefined) => void = () => {}

  constructor(@Inject(JwtAuthContext) private readonly auth: JwtAuthContext) {}

  @Subscription(() => String, { resolve: (value: string) => value })
  untilEnded(): AsyncIterableIterator<string> {
    const results = [Promise.resolve({ value: 'subscribed', done: false })]
    const events: AsyncIterableIterator<string> = {
      next: () => results.shift() ?? new Promise(() => {}),
      return: () => {
        this.onEnded(this.auth.claims?.sub)
        return Promise.resolve({ value: undefined, done: true })
      },
      [Symbol.asyncIterator]: () => events,
    }
    return events
  }
}

describe.each(graphqlServers)('subscriptions on $name', (server) => {
  let app: RunningApp
  let token: string

  beforeAll(async () => {
    const auth = { locations: ['header', 'cookie', { header: 'x-token' }], csrf: { doubleSubmit: true } }
    // The clock stands still, so that the look at open connections every 30 seconds is not counted.
    app = await startItems(server, { auth, resolvers: [EndingResolver] }, { clock: new FakeClock() })
    token = await accessToken(app)
  })

  const subscribe = (
    params?: Record<string, unknown>,
    headers: Record<string, string | string[]> = {},
    query = 'subscription { whoami }',
  ): Promise<GraphqlResult> => firstResult(graphqlWsClient(app, params, headers), query)

  it.each(['authorization', 'Authorization', 'AUTHORIZATION'])(
    'take the token from the connection parameter %s',
    async (name) => {
      expect(await subscribe({ [name]: `Bearer ${token}` })).toEqual({ data: { whoami: 'ada User ada' } })
    },
  )

  it('take it from the headers of the upgrade request', async () => {
    expect(await subscribe(undefined, { authorization: `bearer ${token}` })).toEqual({
      data: { whoami: 'ada User ada' },
    })
  })

  it('take it from the parameters before the headers, though it is bad', async () => {
    const good = { authorization: `Bearer ${token}` }
    const eve = `Bearer ${await accessToken(app, 'eve')}`
    expect(await subscribe({ authorization: eve }, good)).toEqual({ data: { whoami: 'eve User eve' } })
    expect(await subscribe({ authorization: 'Bearer x' }, good)).toMatchObject(refused('token_malformed'))
  })

  it('take it from the headers where the parameter is empty', async () => {
    expect(await subscribe({ authorization: '' }, { authorization: `Bearer ${token}` })).toEqual({
      data: { whoami: 'ada User ada' },
    })
  })

  it.each<[string, (good: string) => string[]]>([
    ['the first one empty', (good) => ['', good]],
    ['the second one empty', (good) => [good, '']],
    ['the same twice', (good) => [good, good]],
  ])('refuse two Authorization headers of the upgrade request: %s', async (_, headersWith) => {
    const headers = { authorization: headersWith(`Bearer ${token}`) }
    expect(await subscribe(undefined, headers)).toMatchObject(refused('token_malformed'))
  })

  it.each([
    { name: 'an array', params: { authorization: ['Bearer a'] } },
    { name: 'a number', params: { authorization: 7 } },
    { name: 'null', params: { authorization: null } },
    { name: 'an object', params: { authorization: { toString: 'Bearer' } } },
    { name: 'a repeated name', params: { authorization: 'Bearer GOOD', Authorization: 'Bearer GOOD' } },
    {
      name: 'a repeated name, in no usual case',
      params: { AUTHORIZATION: 'Bearer GOOD', Authorization: 'Bearer GOOD' },
    },
    {
      name: 'a repeated name, the first one empty',
      params: { authorization: '', Authorization: 'Bearer GOOD' },
    },
    {
      name: 'a repeated name, the second one empty',
      params: { authorization: 'Bearer GOOD', Authorization: '' },
    },
    { name: 'a bare scheme', params: { authorization: 'Bearer' } },
    { name: 'a list', params: { authorization: 'Bearer GOOD, Bearer GOOD' } },
    { name: 'an endless token', params: { authorization: `Bearer ${'a'.repeat(9000)}` } },
  ])('refuse $name as malformed', async ({ params }) => {
    const errors = logs.text('error')
    const sent = JSON.parse(JSON.stringify(params).replaceAll('GOOD', token)) as Record<string, unknown>
    expect(await subscribe(sent)).toMatchObject(refused('token_malformed'))
    expect(logs.text('error')).toBe(errors)
  })

  it.each([
    { name: 'no parameters', params: undefined },
    { name: 'an empty object', params: {} },
    { name: 'an empty string', params: { authorization: '' } },
    { name: 'empty strings', params: { authorization: '', Authorization: '' } },
    { name: 'another scheme', params: { authorization: 'Basic YTpi' } },
    { name: 'other parameters', params: { token: 'a.b.c', headers: { authorization: 'Bearer a.b.c' } } },
  ])('find no token in $name', async ({ params }) => {
    expect(await subscribe(params)).toMatchObject(refused('token_missing'))
  })

  it('read the parameter of another header among the locations', async () => {
    expect(await subscribe({ 'X-Token': token })).toEqual({ data: { whoami: 'ada User ada' } })
  })

  it('never read a token from the URL', async () => {
    const client = graphqlWsClient(app, undefined, {}, undefined, `?access_token=${token}`)
    expect(await firstResult(client, 'subscription { whoami }')).toMatchObject(refused('token_missing'))
  })

  describe('with a cookie', () => {
    const cookie = () => ({ cookie: `__Host-access_token=${token}` })
    const ownOrigin = () => ({ origin: `http://127.0.0.1:${app.port}` })

    it('are refused to pages of other origins, and no session is looked up for them', async () => {
      calls.length = 0
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        {},
        { ...ownOrigin(), 'sec-fetch-site': 'cross-site' },
      ]) {
        expect(await subscribe({}, { ...cookie(), ...headers })).toMatchObject(
          refused('csrf_failed', 'FORBIDDEN'),
        )
      }
      expect(calls).toEqual([])
    })

    it('are refused to them though they claim another origin among the parameters', async () => {
      const params = {
        origin: ownOrigin().origin,
        Origin: ownOrigin().origin,
        'sec-fetch-site': 'same-origin',
        host: 'evil.example',
      }
      const headers = { ...cookie(), origin: 'https://evil.example' }
      expect(await subscribe(params, headers)).toMatchObject(refused('csrf_failed', 'FORBIDDEN'))
    })

    it('are no way to hand in a cookie as a parameter', async () => {
      expect(await subscribe(cookie(), ownOrigin())).toMatchObject(refused('token_missing'))
    })

    it("are allowed to the app's own pages, which cannot send the header of a double submit", async () => {
      expect(await subscribe({}, { ...cookie(), ...ownOrigin() })).toEqual({
        data: { whoami: 'ada User ada' },
      })
      expect(await subscribe({}, { ...cookie(), 'sec-fetch-site': 'same-origin' })).toEqual({
        data: { whoami: 'ada User ada' },
      })
    })
  })

  it('are refused by their policies', async () => {
    const params = { authorization: `Bearer ${token}` }
    expect(await subscribe(params, {}, 'subscription { removed }')).toMatchObject(
      refused('insufficient_scope', 'FORBIDDEN'),
    )
    const scoped = await accessToken(app, 'ada', { scope: 'items:watch' })
    expect(await subscribe({ authorization: `Bearer ${scoped}` }, {}, 'subscription { removed }')).toEqual({
      data: { removed: 'ada' },
    })
  })

  it('with a filter are refused and answered like others', async () => {
    expect(await subscribe({}, {}, 'subscription { filtered }')).toMatchObject(refused('token_missing'))
    const params = { authorization: `Bearer ${token}` }
    expect(await subscribe(params, {}, 'subscription { filtered }')).toEqual({ data: { filtered: 'ada' } })
  })

  it('are anonymous where they may be, and read no token there', async () => {
    const query = 'subscription { openEvents }'
    expect(await subscribe({}, {}, query)).toEqual({ data: { openEvents: null } })
    expect(await subscribe({ authorization: 7 }, {}, query)).toEqual({ data: { openEvents: null } })
  })

  it('know their caller in a service, though their code runs long after the guard', async () => {
    const client = graphqlWsClient(app, { authorization: `Bearer ${token}` })
    const seen: unknown[] = []
    for await (const { data } of client.iterate({ query: 'subscription { known }' })) {
      seen.push(data?.['known'])
      if (seen.length === 3) break
    }
    expect(seen).toEqual(Array.from({ length: 3 }, () => 'ada User ada'))
  })

  it('know their caller still where the client ends them', async () => {
    const ended = new Promise((resolve) => (app.nest.get(EndingResolver).onEnded = resolve))
    const client = graphqlWsClient(app, { authorization: `Bearer ${token}` })
    for await (const { data } of client.iterate({ query: 'subscription { untilEnded }' })) {
      expect(data).toEqual({ untilEnded: 'subscribed' })
      break
    }
    expect(await ended).toBe('ada')
  })

  it('look at the token again for each operation of a connection', async () => {
    const mortal = await app.nest.get(TokenService).issue('mia')
    const client = graphqlWsClient(app, { authorization: `Bearer ${mortal.access_token}` })
    const stays = client.iterate({ query: 'subscription { quiet }' })
    await stays.next()
    calls.length = 0
    expect(await firstResult(client, 'subscription { whoami }')).toEqual({ data: { whoami: 'mia User mia' } })
    expect(calls).toEqual(['session check', 'identity loader'])
  })

  it('name transport, handler and client in events', async () => {
    const events: unknown[] = []
    const subscription = app.nest.get(JwtAuthEvents).events$.subscribe((event) => events.push(event))
    await subscribe({}, { 'user-agent': 'tests/1.0' })
    subscription.unsubscribe()
    expect(events).toMatchObject([
      {
        errorCode: 'token_missing',
        transport: 'graphql',
        route: 'ItemsResolver.whoami',
        ip: expect.stringContaining('127.0.0.1'),
        userAgent: 'tests/1.0',
      },
    ])
  })

  it('never show one of 200 parallel users the claims of another', async () => {
    const users = Array.from({ length: 200 }, (_, index) => `user-${index}`)
    const results = await Promise.all(
      users.map(async (user) => subscribe({ authorization: `Bearer ${await accessToken(app, user)}` })),
    )
    expect(results).toEqual(users.map((user) => ({ data: { whoami: `${user} User ${user}` } })))
  })
})

describe.each(graphqlServers)(
  "the fields of events on $name, with fieldResolverEnhancers: ['guards']",
  (server) => {
    it('are guarded, and the operation is verified once', async () => {
      // The clock stands still, so that the look at open connections every 30 seconds is not counted.
      const clock = new FakeClock()
      const graphql = { fieldResolverEnhancers: ['guards'] }
      const app = await startItems(server, { graphql, resolvers: [GuardedFieldResolver] }, { clock })
      const token = await accessToken(app, 'ada', { scope: 'prices:read' })
      const client = graphqlWsClient(app, { authorization: `Bearer ${token}` })
      expect(await firstResult(client, 'subscription { added { id price stock } }')).toEqual({
        data: { added: { id: '1', price: 'for ada', stock: 'for ada' } },
      })
      // The first connection of an app is looked at besides, so sessions may be checked twice.
      expect(calls.filter((name) => name === 'identity loader')).toHaveLength(1)
      expect(calls.length).toBeLessThanOrEqual(3)
    })
  },
)

describe.each(graphqlServers)(
  "the fields of events on $name, with fieldResolverEnhancers: ['interceptors']",
  (server) => {
    it('know their caller in a service too', async () => {
      const app = await startItems(server, { graphql: { fieldResolverEnhancers: ['interceptors'] } })
      const client = graphqlWsClient(app, { authorization: `Bearer ${await accessToken(app)}` })
      expect(await firstResult(client, 'subscription { added { id owner } }')).toEqual({
        data: { added: { id: '1', owner: 'ada User ada ada User ada' } },
      })
    })
  },
)

describe('subscriptions over TLS', () => {
  it('with a cookie are allowed to the https pages of the own host, and to no http page', async () => {
    const https = newTls('127.0.0.1')
    const app = await startItems(apolloOnExpress, { auth: { locations: ['cookie'] } }, { https })
    const cookie = `__Host-access_token=${await accessToken(app)}`
    const fromPage = (origin: string) =>
      firstResult(graphqlWsClient(app, {}, { cookie, origin }), 'subscription { whoami }')
    expect(await fromPage(`http://127.0.0.1:${app.port}`)).toMatchObject(refused('csrf_failed', 'FORBIDDEN'))
    expect(await fromPage(`https://127.0.0.1:${app.port}`)).toEqual({ data: { whoami: 'ada User ada' } })
  })
})

describe('queries and mutations over the WebSocket of Mercurius', () => {
  it('are calls like others', async () => {
    const app = await startItems(mercuriusServer, { graphql: { subscription: { fullWsTransport: true } } })
    const good = graphqlWsClient(app, { authorization: `Bearer ${await accessToken(app)}` })
    expect(await firstResult(good, '{ me context }')).toMatchObject({
      data: { me: 'ada User ada true', context: 'ada User ada' },
    })
    const anonymous = graphqlWsClient(app, {})
    expect(await firstResult(anonymous, 'mutation { remove }')).toMatchObject(refused('token_missing'))
  })
})
