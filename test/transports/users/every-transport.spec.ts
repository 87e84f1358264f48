import { Agent } from 'node:http'
import { Metadata } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bearerMetadata, withBearer } from '@nest-jwt-auth/core/microservices'
import { firstValueFrom } from 'rxjs'
import {
  bearer,
  closeGraphqlClients,
  firstResult,
  type GraphqlResult,
  openGraphqlWsClient,
} from '../../support/graphql-servers.js'
import { describeWith } from '../../support/services.js'
import { ask, connectIo } from '../../support/socket-io-client.js'
import { connectWs } from '../../support/ws-client.js'
import { type RpcTransport, rpcTransports } from '../drivers/rpc/rpc-transports.js'
import { type HybridApp, seenBy, startHybridApp } from './hybrid-app.js'

const USERS = 1000
/** A server takes connections one after the other, and the system lets few wait. */
const OPENED_TOGETHER = 50
/**
 * The questions of one transport that wait for an answer at the same time, while all users stay connected. Client, server
 * and guard are one process here: more at once would keep it from its heartbeats on a busy machine.
 */
const ASKED_TOGETHER = 100

const agent = new Agent({ keepAlive: true, maxSockets: OPENED_TOGETHER })

const found: RpcTransport[] = []
for (const transport of rpcTransports) {
  if (transport.service === undefined) found.push(transport)
  else
    describeWith(
      transport.service,
      `a thousand users over ${transport.name} too`,
      () => void found.push(transport),
    )
}

/** Asks over one transport who is there. Resolves when a connection is open, to the question. */
type Ask = (running: HybridApp, token: string) => Promise<() => Promise<unknown>>

interface Question {
  readonly sub: string
  /** Of the transport. */
  readonly name: string
  readonly ask: () => Promise<unknown>
}

const data = async (message: Promise<{ readonly data: unknown }>): Promise<unknown> => (await message).data

const ASKERS: Readonly<Record<string, Ask>> = {
  http:
    async ({ app }, token) =>
    async () =>
      (await app.send({ path: '/who', headers: bearer(token), agent })).text,
  'graphql query':
    async ({ app }, token) =>
    async () => {
      const query = {
        method: 'POST',
        path: '/graphql',
        body: { query: '{ who }' },
        headers: bearer(token),
        agent,
      }
      return ((await app.send(query)).body as GraphqlResult).data?.['who']
    },
  'graphql subscription': async ({ app }, token) => {
    const client = await openGraphqlWsClient(app, { authorization: `Bearer ${token}` })
    return async () => (await firstResult(client, 'subscription { who }')).data?.['who']
  },
  ws: async ({ wsPort }, token) => {
    const connection = await connectWs(wsPort, { token })
    return () => data(connection.ask('who'))
  },
  'socket.io': async ({ app }, token) => {
    const socket = await connectIo(app.port, { auth: { token } })
    return () => data(ask(socket, 'who'))
  },
  grpc:
    async ({ grpc }, token) =>
    async () =>
      (await firstValueFrom(grpc.Whoami({}, bearerMetadata(new Metadata(), token)))).sub,
}

function askerOf(transport: RpcTransport): Ask {
  return async ({ clients, name }, token) => {
    const client = clients.get(transport)
    if (client === undefined) throw new Error(`There is no client of ${transport.name}.`)
    const sent = transport.hasMetadata
      ? () => withBearer(client, token).send<unknown>(`${name}.who`, {})
      : () => client.send<unknown>(`${name}.who`, { token })
    return () => firstValueFrom(sent())
  }
}

describe('a thousand users over every transport at the same time', () => {
  let running: HybridApp

  beforeAll(async () => {
    running = await startHybridApp(found)
  })
  afterAll(async () => {
    agent.destroy()
    await Promise.allSettled([closeGraphqlClients(), running.close()])
  })

  it('are never taken for one another', async () => {
    const askers = { ...ASKERS, ...Object.fromEntries(found.map((one) => [one.name, askerOf(one)])) }
    const questions: Question[] = []
    const users = Array.from({ length: USERS }, (_, at) => `user-${at}`).values()
    const connect = async (): Promise<void> => {
      for (const sub of users) {
        const claims = { card: `card of ${sub}` }
        const token = await running.app.tokens.issueAccessToken({ id: sub }, { claims })
        const opening = Object.entries(askers).map(async ([name, open]) => {
          questions.push({ sub, name, ask: await open(running, token) })
        })
        await Promise.all(opening)
      }
    }
    await Promise.all(Array.from({ length: OPENED_TOGETHER }, connect))

    const wrong: unknown[] = []
    let right = 0
    const answer = async (waiting: Iterable<Question>): Promise<void> => {
      for (const { sub, name, ask } of waiting) {
        const seen = await ask()
        if (seen === seenBy(sub)) right++
        else wrong.push({ sub, name, seen })
      }
    }
    await Promise.all(
      Object.keys(askers).flatMap((transport) => {
        const waiting = questions.filter(({ name }) => name === transport).values()
        return Array.from({ length: ASKED_TOGETHER }, () => answer(waiting))
      }),
    )

    expect(wrong.slice(0, 10)).toEqual([])
    expect(right).toBe(USERS * Object.keys(askers).length)
  })
})
