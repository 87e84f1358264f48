import {
  Controller,
  Get,
  type INestApplication,
  type INestApplicationContext,
  type ModuleMetadata,
  Post,
  UseGuards,
} from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo'
import {
  Field,
  GraphQLModule,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql'
import { EventPattern, MessagePattern, Transport } from '@nestjs/microservices'
import { ExpressAdapter } from '@nestjs/platform-express'
import { Test, type TestingModuleBuilder } from '@nestjs/testing'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { afterEach, beforeEach } from '@jest/globals'
import {
  type AuditedRoute,
  JwtAuthModule,
  JwtGuard,
  Public,
  RequireScopes,
  routeAudit,
} from '@nest-jwt-auth/core'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'

@ObjectType()
export class Item {
  @Field()
  id!: string
}

/** Everything is guarded by hand, and in each transport one thing was forgotten. */
@Controller('items')
export class ItemsController {
  @Get()
  @UseGuards(JwtGuard)
  list() {
    return []
  }

  @Get('health')
  @Public()
  health() {
    return 'ok'
  }

  @Post()
  @RequireScopes('items:write')
  create() {}

  @Get('forgotten')
  forgotten() {}
}

@Resolver(() => Item)
export class ItemResolver {
  @Query(() => [Item])
  @UseGuards(JwtGuard)
  items(): Item[] {
    return []
  }

  @Query(() => String)
  forgottenQuery() {
    return ''
  }

  @Mutation(() => Boolean)
  @RequireScopes('items:write')
  remove() {
    return true
  }

  @Subscription(() => Item)
  @UseGuards(JwtGuard)
  changed() {}

  @Subscription(() => Item)
  forgottenChanges() {}

  @ResolveField(() => String)
  forgottenField(@Parent() _item: Item) {
    return ''
  }
}

/** Does not boot where Nest runs no guards on fields. */
@Resolver(() => Item)
export class OwnerResolver {
  @ResolveField(() => String)
  @UseGuards(JwtGuard)
  owner(@Parent() _item: Item) {
    return ''
  }
}

@WebSocketGateway()
export class ItemGateway {
  @SubscribeMessage('watch')
  @UseGuards(JwtGuard)
  watch(_data: unknown) {}

  @SubscribeMessage('forgotten')
  forgotten(_data: unknown) {}
}

@Controller()
export class ItemMessages {
  @MessagePattern({ cmd: 'sum' })
  @UseGuards(JwtGuard)
  sum(_data: unknown) {}

  @MessagePattern('forgotten')
  forgotten(_data: unknown) {}

  @EventPattern('item.created')
  @UseGuards(JwtGuard)
  created(_data: unknown) {}

  @EventPattern('item.forgotten')
  forgottenEvent(_data: unknown) {}
}

export const globalGuard = { provide: APP_GUARD, useExisting: JwtGuard }

const closeable: { close(): Promise<void> }[] = []

beforeEach(() => logs.clear())
afterEach(async () => {
  await Promise.all(closeable.splice(0).map((app) => app.close()))
})

export const closeLater = <T extends { close(): Promise<void> }>(app: T): T => {
  closeable.push(app)
  return app
}

export const graphqlModule = (options: Partial<ApolloDriverConfig> = {}) =>
  GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, ...options })

export interface StartOptions {
  auth?: Partial<Parameters<typeof JwtAuthModule.forRoot>[0]>
  /** Connects a microservice, which listens nowhere. */
  hybrid?: { inheritAppConfig: boolean }
  override?: (builder: TestingModuleBuilder) => unknown
  configure?: (app: INestApplication) => unknown
}

/** An app that is ready to listen. */
export async function startAudited(
  metadata: ModuleMetadata,
  options: StartOptions = {},
): Promise<INestApplication> {
  const app = await createAudited(metadata, options)
  await app.init()
  return app
}

export async function createAudited(
  { imports = [], ...metadata }: ModuleMetadata,
  { auth, hybrid, override, configure }: StartOptions = {},
): Promise<INestApplication> {
  const ours = JwtAuthModule.forRoot({ secret: SECRET, refreshToken: false, ...auth })
  const builder = Test.createTestingModule({ ...metadata, imports: [ours, ...imports] }).setLogger(logs)
  override?.(builder)
  const app = closeLater((await builder.compile()).createNestApplication(new ExpressAdapter()))
  if (hybrid) app.connectMicroservice({ transport: Transport.TCP, options: { port: 0 } }, hybrid)
  configure?.(app)
  return app
}

/** `http ItemsController.list GET /items`. */
export function shown({ transport, controller, handler, method, path, pattern }: AuditedRoute): string {
  const place = path === undefined ? JSON.stringify(pattern) : path
  return [transport, `${controller}.${handler}`, method, place].filter(Boolean).join(' ')
}

export const openOf = (app: INestApplicationContext) =>
  routeAudit(app)
    .filter(({ access }) => access === 'open')
    .map(shown)

export const auditLines = () =>
  logs.lines.filter(({ text }) => text.startsWith('audit: ')).map(({ level, text }) => `${level}: ${text}`)
