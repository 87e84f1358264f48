import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthEvents, JwtGuard } from '@nest-jwt-auth/core'
import { signedInGuard } from '@nest-jwt-auth/core/testing'
import type { RunningApp } from '../../support/adapters.js'
import { bearer, graphqlServers, sendGraphql } from '../../support/graphql-servers.js'
import { accessToken, calls, GuardedFieldResolver, RequestScopedResolver, startItems } from './app.js'

describe.each(graphqlServers)('operations on $name', (server) => {
  let app: RunningApp
  let token: string

  beforeAll(async () => {
    app = await startItems(server, { resolvers: [RequestScopedResolver] })
    token = await accessToken(app)
  })

  const send = (query: string | string[], bearerToken?: string) =>
    sendGraphql(app, query, bearerToken === undefined ? [] : bearer(bearerToken))
  const dataOf = async (query: string, bearerToken?: string) => (await send(query, bearerToken)).body.data

  it('know their caller by every parameter decorator', async () => {
    expect(await dataOf('{ me }', token)).toEqual({ me: 'ada User ada true' })
  })

  it('put the caller on the request', async () => {
    expect(await dataOf('{ request }', token)).toEqual({ request: 'ada User ada' })
  })

  it('know their caller in a service, by the context of the request', async () => {
    expect(await dataOf('{ context }', token)).toEqual({ context: 'ada User ada' })
  })

  it.each(['{ context open }', '{ open context }'])(
    'know their caller in a service beside a field that is public: %s',
    async (query) => {
      expect(await dataOf(query, token)).toEqual({ context: 'ada User ada', open: null })
    },
  )

  it('are anonymous where they may be', async () => {
    expect(await dataOf('{ open optional }')).toEqual({ open: null, optional: null })
    expect(await dataOf('{ open optional }', token)).toEqual({ open: null, optional: 'ada' })
    const { body } = await send('{ open optional }', `${token}x`)
    expect(body).toMatchObject({ data: { open: null, optional: null }, errors: [{ path: ['optional'] }] })
  })

  it.each(['{ me other: me context items { id owner } }', 'mutation { remove again: remove }'])(
    'verify the token and look up the session once: %s',
    async (query) => {
      const scoped = await accessToken(app, 'ada', { scope: 'items:delete' })
      const { body } = await send(query, scoped)
      expect(body.errors).toBeUndefined()
      expect(calls.filter((name) => name !== 'removed')).toEqual(['session check', 'identity loader'])
    },
  )

  it('verify the token of a batch once', async () => {
    const caller = await accessToken(app)
    const { body } = await send(['{ me }', '{ context }', '{ open }'], caller)
    expect(body).toMatchObject([
      { data: { me: 'ada User ada true' } },
      { data: { context: 'ada User ada' } },
      { data: { open: null } },
    ])
    expect(calls).toEqual(['session check', 'identity loader'])
  })

  it('refuse a part of a batch, and answer the others', async () => {
    const { body } = await send(['{ open }', 'mutation { remove }', '{ me }'], token)
    expect(body).toMatchObject([
      { data: { open: null } },
      { errors: [{ extensions: { errorCode: 'insufficient_scope' } }] },
      { data: { me: 'ada User ada true' } },
    ])
  })

  it('stop at the first root field of a mutation whose policy refuses, without running it', async () => {
    const scoped = await accessToken(app, 'ada', { scope: 'items:delete' })
    const { body } = await send('mutation { reset remove }', scoped)
    expect(body.errors).toMatchObject([{ path: ['reset'], extensions: { errorCode: 'insufficient_claims' } }])
    expect(calls).not.toContain('reset')
  })

  it('tell fields who the caller is, though Nest runs no guards for them', async () => {
    const owner = 'ada User ada ada User ada'
    expect(await dataOf('{ items { id owner } }', token)).toEqual({
      items: ['1', '2', '3'].map((id) => ({ id, owner })),
    })
  })

  it('have anonymous fields below a public root, even if the client sends a token', async () => {
    expect(await dataOf('{ openItems { owner } }', token)).toMatchObject({
      openItems: [{ owner: null }, {}, {}],
    })
  })

  it('have fields below a public root that know the caller of another root before it', async () => {
    const scoped = await accessToken(app, 'ada', { scope: 'items:delete' })
    expect(await dataOf('mutation { remove openItem { owner } }', scoped)).toEqual({
      remove: 'ada',
      openItem: { owner: 'ada User ada ada User ada' },
    })
  })

  it('know their caller in a request-scoped resolver', async () => {
    expect(await dataOf('{ scoped }', token)).toEqual({ scoped: 'ada true ada User ada' })
    expect((await send('{ scoped }')).body.errors).toMatchObject([
      { extensions: { errorCode: 'token_missing' } },
    ])
  })

  it('refuse an identity that is gone', async () => {
    const { body } = await send('{ items { owner } }', await accessToken(app, 'gone'))
    expect(body.errors).toMatchObject([{ extensions: { errorCode: 'identity_unknown' } }])
  })

  it('name transport, handler and client in events', async () => {
    const events: unknown[] = []
    const subscription = app.nest.get(JwtAuthEvents).events$.subscribe((event) => events.push(event))
    await send('{ me }')
    subscription.unsubscribe()
    expect(events).toMatchObject([
      {
        type: 'auth.denied',
        errorCode: 'token_missing',
        transport: 'graphql',
        route: 'ItemsResolver.me',
        ip: expect.stringContaining('127.0.0.1'),
      },
    ])
  })

  it('never show one of 1,000 parallel users the claims of another', async () => {
    const users = Array.from({ length: 1000 }, (_, index) => `user-${index}`)
    const tokens = await Promise.all(users.map((user) => accessToken(app, user)))
    const seen: unknown[] = []
    const next = users.entries()
    const work = async () => {
      for (const [index, user] of next) {
        const { body } = await send('{ me request context items { owner } }', tokens[index])
        const owner = `${user} User ${user} ${user} User ${user}`
        const items = [{ owner }, { owner }, { owner }]
        const known = `${user} User ${user}`
        seen.push(body.data)
        expect(body.data).toEqual({ me: `${known} true`, request: known, context: known, items })
      }
    }
    await Promise.all(Array.from({ length: 100 }, work))
    expect(seen.length).toBe(1000)
  })
})

describe.each(graphqlServers)("fields on $name, with fieldResolverEnhancers: ['guards']", (server) => {
  let app: RunningApp

  beforeAll(async () => {
    const graphql = { fieldResolverEnhancers: ['guards'] }
    app = await startItems(server, { graphql, resolvers: [GuardedFieldResolver] })
  })

  const query = '{ items { id price stock owner } }'

  it('are refused one by one by their policies', async () => {
    const caller = await accessToken(app)
    const { body } = await sendGraphql(app, '{ items { stock price } }', bearer(caller))
    expect(body.errors?.[0]).toMatchObject({
      extensions: { code: 'FORBIDDEN', errorCode: 'insufficient_scope' },
      path: ['items', expect.any(Number), 'price'],
    })
  })

  it('are answered where their policies allow it, and the token is verified once', async () => {
    const caller = await accessToken(app, 'ada', { scope: 'prices:read' })
    const { body } = await sendGraphql(app, query, bearer(caller))
    expect(body.errors).toBeUndefined()
    expect(body.data?.['items']).toMatchObject([
      { price: 'for ada', stock: 'for ada', owner: 'ada User ada ada User ada' },
      {},
      {},
    ])
    expect(calls).toEqual(['session check', 'identity loader'])
  })

  it('are closed below a public root too', async () => {
    const { body } = await sendGraphql(app, '{ openItems { id stock } }')
    expect(body.errors?.[0]).toMatchObject({ extensions: { errorCode: 'token_missing' } })
  })
})

describe.each(graphqlServers)('signedInGuard on $name', (server) => {
  it('signs in every operation', async () => {
    const guard = signedInGuard({ claims: { sub: 'tess', scope: 'items:delete' } })
    const app = await startItems(
      server,
      {},
      { override: (builder) => builder.overrideProvider(JwtGuard).useValue(guard) },
    )
    const { body } = await sendGraphql(app, '{ me context request open items { owner } }')
    expect(body).toMatchObject({
      data: {
        me: 'tess User tess false',
        context: 'tess User tess',
        request: 'tess User tess',
        open: null,
        items: [{ owner: 'tess User tess tess User tess' }, {}, {}],
      },
    })
    const mutation = await sendGraphql(app, 'mutation { remove reset }')
    expect(mutation.body.errors).toMatchObject([{ extensions: { errorCode: 'insufficient_claims' } }])
  })
})
