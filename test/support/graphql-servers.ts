import { Server as TlsServer } from 'node:tls'
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo'
import type { DynamicModule } from '@nestjs/common'
import { GraphQLModule } from '@nestjs/graphql'
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { type Adapter, adapters, type RunningApp } from './adapters.js'
import type { Answer, Request } from './http.js'

/** A server of GraphQL, as Nest runs it. */
export interface GraphqlServer {
  readonly name: string
  readonly adapter: Adapter
  /** `options`: those of the driver, beside what every app here has. */
  module(options?: object): DynamicModule
}

const [express, fastify] = adapters as [Adapter, Adapter]

const apollo = (adapter: Adapter): GraphqlServer => ({
  name: `Apollo on ${adapter.name}`,
  adapter,
  module: (options = {}) =>
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      playground: false,
      allowBatchedHttpRequests: true,
      includeStacktraceInErrorResponses: false,
      subscriptions: { 'graphql-ws': true },
      ...options,
    }),
})

export const apolloServers: readonly GraphqlServer[] = [apollo(express), apollo(fastify)]

export const mercuriusServer: GraphqlServer = {
  name: 'Mercurius',
  adapter: fastify,
  module: (options = {}) =>
    GraphQLModule.forRoot<MercuriusDriverConfig>({
      driver: MercuriusDriver,
      autoSchemaFile: true,
      allowBatchedQueries: true,
      subscription: true,
      ...options,
    }),
}

export const graphqlServers: readonly GraphqlServer[] = [...apolloServers, mercuriusServer]

/** The JSON of one GraphQL response. */
export interface GraphqlResult {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly {
    readonly message: string
    readonly path?: readonly unknown[]
    readonly extensions?: Readonly<Record<string, unknown>>
  }[]
}

export interface GraphqlAnswer extends Omit<Answer, 'body'> {
  readonly body: GraphqlResult
}

/** Sends one operation, or a batch of them. */
export async function sendGraphql(
  app: RunningApp,
  query: string | readonly string[],
  headers: Request['headers'] = [],
): Promise<GraphqlAnswer> {
  const body = typeof query === 'string' ? { query } : query.map((one) => ({ query: one }))
  const answer = await app.send({ method: 'POST', path: '/graphql', body, headers })
  return { ...answer, body: answer.body as GraphqlResult }
}

export const bearer = (token: string): [name: string, value: string][] => [
  ['Authorization', `Bearer ${token}`],
]

const clients: Client[] = []

/** A client of graphql-ws that opens its connection with its first operation, and tries only once. */
export function graphqlWsClient(
  app: RunningApp,
  connectionParams?: Record<string, unknown>,
  /** An array is sent as several headers of that name. */
  upgradeHeaders: Record<string, string | string[]> = {},
  on?: NonNullable<Parameters<typeof createClient>[0]['on']>,
  search = '',
  lazy = true,
): Client {
  class WebSocketWithHeaders extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers: upgradeHeaders, rejectUnauthorized: false })
    }
  }
  const scheme = app.nest.getHttpServer() instanceof TlsServer ? 'wss' : 'ws'
  const client = createClient({
    url: `${scheme}://127.0.0.1:${app.port}/graphql${search}`,
    webSocketImpl: WebSocketWithHeaders,
    retryAttempts: 0,
    lazy,
    ...(connectionParams && { connectionParams }),
    ...(on && { on }),
  })
  clients.push(client)
  return client
}

/** A client of graphql-ws whose connection is open already. */
export function openGraphqlWsClient(
  app: RunningApp,
  connectionParams: Record<string, unknown>,
): Promise<Client> {
  return new Promise((resolve, reject) => {
    const on = { connected: () => resolve(client), closed: reject }
    const client = graphqlWsClient(app, connectionParams, {}, on, '', false)
  })
}

/** The first result of an operation. Errors that end the operation are a result too. */
export async function firstResult(client: Client, query: string): Promise<GraphqlResult> {
  try {
    for await (const result of client.iterate({ query })) return result as GraphqlResult
    return {}
  } catch (errors) {
    if (Array.isArray(errors)) return { errors: errors as NonNullable<GraphqlResult['errors']> }
    throw errors
  }
}

export async function closeGraphqlClients(): Promise<void> {
  await Promise.all(clients.splice(0).map(async (client) => client.dispose()))
}
