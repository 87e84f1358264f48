import { UseGuards } from '@nestjs/common'
import { Field, ObjectType, Query, Resolver, Subscription } from '@nestjs/graphql'
import { Claims, JwtAuthModule, JwtGuard, Public, RequireScopes } from '@nest-jwt-auth/core'
import { type RunningApp, startApp } from '../../support/adapters.js'
import {
  bearer,
  firstResult,
  type GraphqlResult,
  type GraphqlServer,
  graphqlServers,
  graphqlWsClient,
  sendGraphql,
} from '../../support/graphql-servers.js'
import type { HandlerName, Reply, TransportDriver } from './driver.js'

@ObjectType()
class Who {
  @Field(() => String, { nullable: true })
  sub: string | undefined
}

@Resolver()
@UseGuards(JwtGuard)
class GraphqlHandlers {
  @Query(() => Who)
  whoami(@Claims('sub') sub: string): Who {
    return { sub }
  }

  @Query(() => Who)
  @RequireScopes('items:delete')
  remove(@Claims('sub') sub: string): Who {
    return { sub }
  }

  @Query(() => Who)
  @Public()
  open(@Claims('sub') sub: string | undefined): Who {
    return { sub }
  }

  @Subscription(() => Who, { name: 'whoami', resolve: (who: Who) => who })
  whoamiChanged(@Claims('sub') sub: string) {
    return once({ sub })
  }

  @Subscription(() => Who, { name: 'remove', resolve: (who: Who) => who })
  @RequireScopes('items:delete')
  removeChanged(@Claims('sub') sub: string) {
    return once({ sub })
  }

  @Subscription(() => Who, { name: 'open', resolve: (who: Who) => who })
  @Public()
  openChanged(@Claims('sub') sub: string | undefined) {
    return once({ sub })
  }
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value
}

type Send = (app: RunningApp, handler: HandlerName, token: string | undefined) => Promise<GraphqlResult>

const graphqlDriver = (name: string, server: GraphqlServer, send: Send): TransportDriver => ({
  name,
  async start(options) {
    const app = await startApp(server.adapter, {
      imports: [JwtAuthModule.forRoot(options), server.module()],
      providers: [GraphqlHandlers],
    })
    return {
      app: app.nest,
      call: async (handler, token) => replyOf(await send(app, handler, token), handler),
      // Nest 11 cannot close an app with subscriptions twice, and startApp closes it.
      close: () => Promise.resolve(),
    }
  },
})

const STATUSES: Readonly<Record<string, number>> = { UNAUTHENTICATED: 401, FORBIDDEN: 403 }

function replyOf({ data, errors }: GraphqlResult, handler: HandlerName): Reply {
  const extensions = errors?.[0]?.extensions
  if (extensions) {
    return {
      status: STATUSES[String(extensions['code'])] ?? 500,
      errorCode: String(extensions['errorCode']),
    }
  }
  const who = data?.[handler] as { sub: string | null } | undefined
  return typeof who?.sub === 'string' ? { sub: who.sub } : {}
}

const request: Send = async (app, handler, token) =>
  (await sendGraphql(app, `{ ${handler} { sub } }`, token === undefined ? [] : bearer(token))).body

const subscribe: Send = async (app, handler, token) => {
  const client = graphqlWsClient(app, token === undefined ? undefined : { authorization: `Bearer ${token}` })
  const result = await firstResult(client, `subscription { ${handler} { sub } }`)
  await client.dispose()
  return result
}

export const graphqlDrivers: readonly TransportDriver[] = graphqlServers.flatMap((server) => [
  graphqlDriver(`graphql, ${server.name}`, server, request),
  graphqlDriver(`graphql subscriptions, ${server.name}`, server, subscribe),
])
