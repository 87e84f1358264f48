import { fileURLToPath } from 'node:url'
import { randomUUID } from 'node:crypto'
import {
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type INestMicroservice,
  type Provider,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import { Query, Resolver, Subscription } from '@nestjs/graphql'
import {
  type ClientGrpcProxy,
  type ClientProxy,
  ClientProxyFactory,
  GrpcMethod,
  type GrpcOptions,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import {
  Claims,
  CurrentIdentity,
  IdentityLoader,
  JwtAuthContext,
  JwtAuthContextInterceptor,
  JwtAuthModule,
  type JwtClaims,
  JwtGuard,
} from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { adapters, type RunningApp, startApp } from '../../support/adapters.js'
import { SECRET } from '../../support/forge.js'
import { freePort } from '../../support/free-port.js'
import { apolloServers, type GraphqlServer } from '../../support/graphql-servers.js'
import type { GrpcService } from '../drivers/rpc/start-grpc.js'
import { type RpcTransport, tokenOfPayload } from '../drivers/rpc/rpc-transports.js'
import { BothWsAdapters } from './both-ws-adapters.js'

interface User {
  readonly id: string
}

@Injectable()
class Users implements IdentityLoader<User> {
  async loadIdentity({ sub }: JwtClaims): Promise<User> {
    await nextTurn()
    return { id: sub }
  }
}

/** What the handlers of all transports ask: who it is that they work for. */
@Injectable()
class Witness {
  constructor(@Inject(JwtAuthContext) private readonly context: JwtAuthContext) {}

  /** By claims, identity and context, the latter read after others had their turn. One text, for all transports. */
  async see(claims: JwtClaims, identity: User): Promise<string> {
    const before = this.context.claims
    await nextTurn()
    const { id } = (await this.context.identity()) as User
    const all = [claims, before, this.context.claims].map((some) => `${some?.sub} ${some?.['card']}`)
    return [...all, identity.id, id].join(', ')
  }
}

/** What `Witness` answers to this user. */
export function seenBy(sub: string): string {
  const claims = `${sub} card of ${sub}`
  return [claims, claims, claims, sub, sub].join(', ')
}

@Controller('who')
@UseGuards(JwtGuard)
class WhoController {
  constructor(@Inject(Witness) private readonly witness: Witness) {}

  @Get()
  who(@Claims() claims: JwtClaims, @CurrentIdentity() user: User) {
    return this.witness.see(claims, user)
  }
}

@Resolver()
@UseGuards(JwtGuard)
class WhoResolver {
  constructor(@Inject(Witness) private readonly witness: Witness) {}

  @Query(() => String)
  who(@Claims() claims: JwtClaims, @CurrentIdentity() user: User) {
    return this.witness.see(claims, user)
  }

  @Subscription(() => String, { name: 'who', resolve: (value: string) => value })
  async *whoChanged(@Claims() claims: JwtClaims, @CurrentIdentity() user: User) {
    yield await this.witness.see(claims, user)
  }
}

function gateway(port: number): Type {
  @WebSocketGateway(port)
  @UseGuards(JwtGuard)
  @UseInterceptors(JwtAuthContextInterceptor)
  @Injectable()
  class WhoGateway {
    constructor(
      @Inject(JwtSockets) private readonly sockets: JwtSockets,
      @Inject(Witness) private readonly witness: Witness,
    ) {}

    afterInit(server: object): void {
      this.sockets.protect(server)
    }

    @SubscribeMessage('who')
    async who(@Claims() claims: JwtClaims, @CurrentIdentity() user: User) {
      return { event: 'who', data: await this.witness.see(claims, user) }
    }
  }
  // Nest 11 takes gateways with the same class name for one.
  Object.defineProperty(WhoGateway, 'name', { value: `WhoGateway${port}` })
  return WhoGateway
}

function messages(app: string): Type {
  @Controller()
  @UseGuards(JwtGuard)
  class WhoMessages {
    constructor(@Inject(Witness) private readonly witness: Witness) {}

    @MessagePattern(`${app}.who`)
    who(@Claims() claims: JwtClaims, @CurrentIdentity() user: User) {
      return this.witness.see(claims, user)
    }

    @GrpcMethod('Handlers', 'Whoami')
    async whoami(
      _request: unknown,
      _metadata: unknown,
      @Claims() claims?: JwtClaims,
      @CurrentIdentity() user?: User,
    ) {
      return { sub: await this.witness.see(claims as JwtClaims, user as User) }
    }
  }
  return WhoMessages
}

export interface HybridApp {
  readonly app: RunningApp
  /** The name that begins the patterns of its messages. */
  readonly name: string
  /** The port of the gateway of `ws`. */
  readonly wsPort: number
  readonly clients: ReadonlyMap<RpcTransport, ClientProxy>
  readonly grpc: GrpcService
  close(): Promise<void>
}

/** One app that is reached over every transport at once, and a client of each microservice. */
export async function startHybridApp(transports: readonly RpcTransport[]): Promise<HybridApp> {
  const name = `test-${randomUUID()}`
  const [wsPort, grpcPort] = [await freePort(), await freePort()]
  const grpcOptions: GrpcOptions = {
    transport: Transport.GRPC,
    options: {
      package: 'handlers',
      protoPath: fileURLToPath(new URL('../drivers/rpc/handlers.proto', import.meta.url)),
      url: `127.0.0.1:${grpcPort}`,
    },
  }
  const [express] = adapters as [(typeof adapters)[0]]
  const [apollo] = apolloServers as [GraphqlServer]
  const services = new Map<RpcTransport, INestMicroservice>()
  const app = await startApp(
    express,
    {
      imports: [
        JwtAuthModule.forRoot({
          secret: SECRET,
          identityLoader: Users,
          requestContext: true,
          locations: ['header', ofPayload],
        }),
        apollo.module(),
      ],
      controllers: [WhoController, messages(name)],
      providers: [Users, Witness, WhoResolver, gateway(0), gateway(wsPort)] satisfies Provider[],
    },
    {
      configure: async (nest) => {
        nest.useWebSocketAdapter(new BothWsAdapters(nest))
        const connect = (options: MicroserviceOptions) =>
          nest.connectMicroservice<MicroserviceOptions>(options, { inheritAppConfig: true })
        for (const transport of transports) services.set(transport, connect(transport.options(name)))
        connect(grpcOptions)
        await nest.startAllMicroservices()
        for (const [transport, service] of services) await transport.subscribed?.(service)
      },
    },
  )
  const clients = new Map<RpcTransport, ClientProxy>()
  for (const [transport, service] of services) {
    const options = transport.clientOptions?.(service, name) ?? transport.options(name)
    const client = ClientProxyFactory.create(options as Parameters<typeof ClientProxyFactory.create>[0])
    await client.connect()
    clients.set(transport, client)
  }
  const grpcClient = ClientProxyFactory.create(grpcOptions) as unknown as ClientGrpcProxy
  return {
    app,
    name,
    wsPort,
    clients,
    grpc: grpcClient.getService<GrpcService>('Handlers'),
    close: async () => {
      grpcClient.close()
      await Promise.allSettled([...clients.values()].map((client) => client.close()))
    },
  }
}

/** Where messages have no metadata: TCP and Redis on Nest 11. */
function ofPayload(context: ExecutionContext): string | undefined {
  return context.getType() === 'rpc' ? tokenOfPayload(context) : undefined
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
