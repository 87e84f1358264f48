import { type EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { Resolver, Subscription } from '@nestjs/graphql'
import { Claims, type ClaimsLoaderContext, TokenLocations, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { OpenConnections } from '../../../packages/core/src/sessions/open-connections.js'
import type { RunningApp } from '../../support/adapters.js'
import {
  apolloServers,
  closeGraphqlClients,
  firstResult,
  graphqlServers,
  graphqlWsClient,
} from '../../support/graphql-servers.js'
import { logs } from '../../support/logs.js'
import { startItems, store } from './app.js'

afterEach(closeGraphqlClients)

interface Closed {
  readonly code: number
  readonly reason: string
}

/** Takes another token of its connection than other resolvers. */
@Resolver()
class OtherTokenResolver {
  @Subscription(() => String, { resolve: (value: string) => value })
  @TokenLocations({ header: 'x-token' })
  async *other(@Claims('sub') sub: string) {
    yield sub
  }
}

/** A connection with a subscription that goes on for ever. */
async function subscribe(
  app: RunningApp,
  token: string,
  query = 'subscription { quiet }',
  more: Record<string, unknown> = {},
) {
  const closings: Closed[] = []
  let onClosed: (event: Closed) => void = () => {}
  const closed = new Promise<Closed>((resolve) => (onClosed = resolve))
  const on = {
    closed: (event: unknown) => {
      closings.push(event as Closed)
      onClosed(event as Closed)
    },
  }
  const client = graphqlWsClient(app, { authorization: `Bearer ${token}`, ...more }, {}, on)
  const events = client.iterate({ query })
  const { value: first } = (await events.next()) as { value: unknown }
  const ended = events.next().then(
    () => true,
    () => true,
  )
  return { client, first, ended, closed, closings }
}

describe.each(graphqlServers)('a connection with subscriptions on $name', (server) => {
  const start = async () => {
    const clock = new FakeClock()
    const app = await startItems(server, { resolvers: [OtherTokenResolver] }, { clock })
    return { app, clock, tokens: app.nest.get(TokenService) }
  }

  it('is closed when its token expires, so that the client comes back', async () => {
    const { app, clock, tokens } = await start()
    const subscription = await subscribe(app, await tokens.issueAccessToken('ada', { expiresIn: '10m' }))
    expect(subscription.first).toEqual({ data: { quiet: 'subscribed' } })
    clock.advance('9m')
    const other = await subscribe(app, await tokens.issueAccessToken('ada', { expiresIn: '10m' }))
    clock.advance('1m')
    expect(await subscription.closed).toMatchObject({ code: 4403, reason: 'token_expired' })
    expect(logs.text('debug')).toMatch(/token_expired, the GraphQL WebSocket of \S*127\.0\.0\.1 is closed/)
    expect(await subscription.ended).toBe(true)
    clock.advance('9m')
    expect(await other.closed).toMatchObject({ code: 4403 })
  })

  it('is closed when its session is ended, and stays away', async () => {
    const { app, tokens } = await start()
    const [pair, other] = [await tokens.issue('ada'), await tokens.issue('bob')]
    const subscription = await subscribe(app, pair.access_token)
    const otherSubscription = await subscribe(app, other.access_token)
    await tokens.revoke(pair.refresh_token ?? '')
    expect(await subscription.closed).toMatchObject({ code: 4401, reason: 'token_revoked' })
    await tokens.revokeAll('bob')
    expect(await otherSubscription.closed).toMatchObject({ code: 4401 })
  })

  it('is closed with each token that one of its operations was admitted with', async () => {
    const { app, clock, tokens } = await start()
    const admitted = async (token: string, other: string) => {
      const subscription = await subscribe(app, token, undefined, { 'x-token': other })
      expect(await firstResult(subscription.client, 'subscription { other }')).toEqual({
        data: { other: 'ada' },
      })
      return subscription
    }
    const [phone, laptop] = [await tokens.issue('ada'), await tokens.issue('ada')]
    const ofTwoSessions = await admitted(phone.access_token, laptop.access_token)
    await tokens.revokeSession(laptop.sessionId ?? '')
    expect(await ofTwoSessions.closed).toMatchObject({ code: 4401, reason: 'token_revoked' })

    const short = await tokens.issueAccessToken('ada', { expiresIn: '1m' })
    const withoutSession = await admitted(await tokens.issueAccessToken('ada'), short)
    clock.advance('1m')
    expect(await withoutSession.closed).toMatchObject({ code: 4403, reason: 'token_expired' })
  })

  it('is closed with each of its tokens where these have neither jti nor session', async () => {
    const clock = new FakeClock()
    const loadClaims = (_: unknown, { claims: { sub, exp } }: ClaimsLoaderContext) => ({ sub, exp })
    const auth = { claimsMode: 'replace', claimsLoader: { useValue: { loadClaims } } }
    const app = await startItems(server, { auth, resolvers: [OtherTokenResolver] }, { clock })
    const tokens = app.nest.get(TokenService)
    const short = await tokens.issueAccessToken('ada', { expiresIn: '1m' })
    const { client, closed } = await subscribe(app, await tokens.issueAccessToken('ada'), undefined, {
      'x-token': short,
    })
    await firstResult(client, 'subscription { other }')
    clock.advance('1m')
    const closing = await Promise.race([closed, firstResult(client, 'subscription { whoami }')])
    expect(closing).toMatchObject({ code: 4403, reason: 'token_expired' })
  })

  it('is left alone while it is anonymous', async () => {
    const { app, clock, tokens } = await start()
    const mortal = await subscribe(app, await tokens.issueAccessToken('ada', { expiresIn: '10m' }))
    const token = await tokens.issueAccessToken('ada', { expiresIn: '10m' })
    const anonymous = await subscribe(app, token, 'subscription { openQuiet }')
    clock.advance('10m')
    await mortal.closed
    expect(await firstResult(anonymous.client, 'subscription { openEvents }')).toEqual({
      data: { openEvents: null },
    })
    expect(anonymous.closings).toEqual([])
  })

  it('is forgotten when it has ended by itself', async () => {
    const { app, tokens } = await start()
    const watched = watchedIn(app)
    const { client } = await subscribe(app, await tokens.issueAccessToken('ada'))
    expect(watched()).toBe(1)
    await firstResult(client, 'subscription { whoami }')
    expect(watched()).toBe(1)
    const gone = watched.next()
    client.terminate()
    await gone
    expect(watched()).toBe(0)
  })

  it('is not watched if it ends while the session is looked up', async () => {
    const { app, tokens } = await start()
    const watched = watchedIn(app)
    const token = await tokens.issueAccessToken('ada')
    const client = graphqlWsClient(app, { authorization: `Bearer ${token}` })
    const sockets = acceptedBy(app)
    const lookedUp = new Promise<void>((resolve) => {
      store.onLookUp = async () => {
        store.onLookUp = undefined
        const [socket] = await sockets
        const closed = once(socket, 'close')
        client.terminate()
        await closed
        resolve()
      }
    })
    await expect(firstResult(client, 'subscription { quiet }')).rejects.toBeDefined()
    await lookedUp
    await new Promise((resolve) => setImmediate(resolve))
    expect(watched()).toBe(0)
  })
})

describe.each(apolloServers)('a connection on $name whose context function hides the WebSocket', (server) => {
  const context = (given: { req?: object; extra: { request: object }; connectionParams?: unknown }) => ({
    req: given.req ?? given.extra.request,
    connectionParams: given.connectionParams,
  })

  it('is cut off when its token expires or is revoked', async () => {
    const clock = new FakeClock()
    const app = await startItems(server, { graphql: { context } }, { clock })
    const tokens = app.nest.get(TokenService)
    const revoked = await subscribe(app, await tokens.issueAccessToken('ada'))
    const expiring = await subscribe(app, await tokens.issueAccessToken('bob', { expiresIn: '1m' }))
    await tokens.revokeAll('ada')
    expect(await revoked.closed).toMatchObject({ code: 1006 })
    expect(expiring.closings).toEqual([])
    clock.advance('1m')
    expect(await expiring.closed).toMatchObject({ code: 1006 })
  })
})

/** The next TCP connection of the app. */
function acceptedBy(app: RunningApp): Promise<[Socket]> {
  return once(app.nest.getHttpServer() as EventEmitter, 'connection') as Promise<[Socket]>
}

/** How many connections are watched now; `next` waits until one is watched no longer. */
function watchedIn(app: RunningApp) {
  const connections = app.nest.get(OpenConnections)
  const add = connections.add.bind(connections)
  let count = 0
  let onRemoved: () => void = () => {}
  jest.spyOn(connections, 'add').mockImplementation((...args) => {
    count++
    const connection = add(...args)
    const remove = () => {
      count--
      connection.remove()
      onRemoved()
    }
    return { ...connection, remove }
  })
  return Object.assign(() => count, {
    next: () => new Promise<void>((resolve) => (onRemoved = resolve)),
  })
}
