import { afterEach, describe, expect, it } from '@jest/globals'
import {
  apolloServers,
  closeGraphqlClients,
  firstResult,
  graphqlWsClient,
  openGraphqlWsClient,
} from '../../support/graphql-servers.js'
import { logs } from '../../support/logs.js'
import { accessToken, calls, refused, startItems } from './app.js'

afterEach(closeGraphqlClients)

/** What apps write as `context`, which graphql-ws calls too. */
type WsContext = { connectionParams?: unknown; extra: { request: object; socket: object }; req?: object }
const contexts: { name: string; context: (given: WsContext) => object }[] = [
  { name: 'the context itself', context: (given) => given },
  { name: 'its parts', context: ({ extra, connectionParams }) => ({ extra, connectionParams }) },
  {
    name: 'the upgrade request',
    context: ({ req, extra, connectionParams }) => ({ req: req ?? extra.request, connectionParams }),
  },
]

describe.each(apolloServers)('a context function on $name', (server) => {
  it.each(contexts)('may return $name', async ({ context }) => {
    const app = await startItems(server, { graphql: { context } })
    for (const user of ['ada', 'bob']) {
      const client = await openGraphqlWsClient(app, {
        authorization: `Bearer ${await accessToken(app, user)}`,
      })
      for (let times = 0; times < 2; times++) {
        calls.length = 0
        expect(await firstResult(client, 'subscription { whoami }')).toEqual({
          data: { whoami: `${user} User ${user}` },
        })
        // Connections are looked at besides, so sessions may be checked more often.
        expect(calls.filter((name) => name === 'identity loader')).toHaveLength(1)
        expect(calls[0]).toBe('session check')
      }
    }
  })

  it('may replace the token of a connection: each operation is that of the token which it finds', async () => {
    let next: Record<string, string> = {}
    const context = (given: WsContext) => Object.assign(given, { connectionParams: sent(given) })
    const sent = ({ connectionParams }: WsContext) => Object.assign(Object(connectionParams), next) as object
    const app = await startItems(server, { graphql: { context } })
    const [ada, bob, eve] = await Promise.all(['ada', 'bob', 'eve'].map((name) => accessToken(app, name)))
    const client = await openGraphqlWsClient(app, { Authorization: `Bearer ${ada}` })
    const whoami = async (params: Record<string, string>) => {
      next = params
      return firstResult(client, 'subscription { whoami }')
    }

    expect(await whoami({})).toEqual({ data: { whoami: 'ada User ada' } })
    expect(await whoami({ Authorization: 'Bearer abc.def' })).toMatchObject(refused('token_malformed'))
    expect(await whoami({ Authorization: `Bearer ${bob}` })).toEqual({ data: { whoami: 'bob User bob' } })
    expect(await whoami({ authorization: `Bearer ${eve}` })).toMatchObject(refused('token_malformed'))
    expect(await whoami({ Authorization: '', authorization: '' })).toMatchObject(refused('token_missing'))
  })

  it('may make headers of the parameters', async () => {
    const context = ({ req, connectionParams }: WsContext) => ({
      req: req ?? { headers: connectionParams },
    })
    const app = await startItems(server, { graphql: { context } })
    const good = graphqlWsClient(app, { authorization: `Bearer ${await accessToken(app)}` })
    expect(await firstResult(good, 'subscription { whoami }')).toEqual({ data: { whoami: 'ada User ada' } })
    for (const authorization of [7, [7], [{}], ['a', 7], {}, null]) {
      const bad = graphqlWsClient(app, { authorization })
      expect(await firstResult(bad, 'subscription { whoami }')).toMatchObject(refused('token_malformed'))
    }
  })

  it('cannot let parameters pass for the headers that a browser sends', async () => {
    const context = ({ req, extra, connectionParams }: WsContext) => {
      const { request } = extra ?? {}
      return {
        req: req ?? {
          ...request,
          headers: { ...Reflect.get(request, 'headers'), ...(connectionParams as object) },
        },
      }
    }
    const app = await startItems(server, { graphql: { context }, auth: { locations: ['cookie'] } })
    const cookie = `__Host-access_token=${await accessToken(app)}`
    const origin = `http://127.0.0.1:${app.port}`
    for (const params of [{ origin }, { origin, upgrade: '' }, { 'sec-fetch-site': 'same-origin' }]) {
      const client = graphqlWsClient(app, params, { cookie, origin: 'https://evil.example' })
      expect(await firstResult(client, 'subscription { whoami }')).toMatchObject(
        refused('csrf_failed', 'FORBIDDEN'),
      )
    }
    const own = graphqlWsClient(app, {}, { cookie, origin })
    expect(await firstResult(own, 'subscription { whoami }')).toEqual({ data: { whoami: 'ada User ada' } })
  })

  it('that hides the request is refused with what to write', async () => {
    const app = await startItems(server, { graphql: { context: () => ({ req: { hidden: true } }) } })
    logs.clear()
    const client = graphqlWsClient(app, { authorization: `Bearer ${await accessToken(app)}` })
    expect((await firstResult(client, 'subscription { whoami }')).errors).toHaveLength(1)
    expect(logs.text('error')).toMatch(/transport_unsupported|context: \(\{ req \}\) => \(\{ req \}\)/)
  })

  it('that gives all connections one object never shows one the caller of another', async () => {
    const shared: { req?: object } = {}
    const context = ({ req, ...given }: WsContext) => Object.assign(shared, { req: req ?? given })
    const app = await startItems(server, { graphql: { context } })
    const first = graphqlWsClient(app, { authorization: `Bearer ${await accessToken(app, 'ada')}` })
    expect(await firstResult(first, 'subscription { whoami }')).toEqual({
      data: { whoami: 'ada User ada' },
    })
    for (const params of [{}, { authorization: `Bearer ${await accessToken(app, 'bob')}` }]) {
      const other = graphqlWsClient(app, params)
      expect((await firstResult(other, 'subscription { whoami }')).errors).toHaveLength(1)
    }
  })
})
