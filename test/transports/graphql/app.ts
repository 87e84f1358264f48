import { Inject, Injectable, type Provider, Scope, type Type, UseGuards } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import {
  CONTEXT,
  Context,
  Field,
  Mutation,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql'
import {
  Claims,
  CurrentIdentity,
  CurrentToken,
  IdentityLoader,
  InMemorySessionStore,
  JwtAuthContext,
  JwtAuthError,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  RequireScopes,
  TokenService,
} from '@nest-jwt-auth/core'
import { type RunningApp, startApp, type StartOptions } from '../../support/adapters.js'
import { SECRET } from '../../support/forge.js'
import type { GraphqlServer } from '../../support/graphql-servers.js'

/** What of the app was called, in order. */
export const calls: string[] = []

export interface User {
  readonly id: string
  readonly name: string
}

@Injectable()
export class Users implements IdentityLoader<User> {
  loadIdentity({ sub }: { sub: string }): User | null {
    calls.push('identity loader')
    return sub === 'gone' ? null : { id: sub, name: `User ${sub}` }
  }
}

/** Notes each look at a session. */
export class CountingStore extends InMemorySessionStore {
  isDown = false
  onLookUp: (() => Promise<void>) | undefined

  override async lookUp(...args: Parameters<InMemorySessionStore['lookUp']>) {
    calls.push('session check')
    await this.onLookUp?.()
    if (this.isDown) throw new Error('The store is down.')
    return super.lookUp(...args)
  }
}

@ObjectType()
export class Item {
  @Field(() => String)
  id!: string
}

/** A service that knows the caller only from the context of the request. */
@Injectable()
class Trail {
  constructor(private readonly auth: JwtAuthContext) {}

  async caller(): Promise<string> {
    await new Promise((resolve) => setImmediate(resolve))
    const identity = (await this.auth.identity()) as User | undefined
    return `${this.auth.claims?.sub} ${identity?.name}`
  }
}

const items = (): Item[] => [{ id: '1' }, { id: '2' }, { id: '3' }]

@Resolver(() => Item)
export class ItemsResolver {
  constructor(private readonly trail: Trail) {}

  @Query(() => [Item])
  items(): Item[] {
    return items()
  }

  @Query(() => String)
  me(
    @Claims('sub') sub: string,
    @CurrentIdentity('name') name: string,
    @CurrentToken() token: string,
  ): string {
    return `${sub} ${name} ${token.length > 20}`
  }

  @Query(() => String)
  request(@Context() { req, reply }: { req?: Attached; reply?: { request: Attached } }): string {
    const { auth, user } = reply?.request ?? req ?? {}
    return `${auth?.claims.sub} ${user?.name}`
  }

  @Query(() => String)
  context(): Promise<string> {
    return this.trail.caller()
  }

  @Query(() => String, { nullable: true })
  @Public()
  open(@Claims('sub') sub: string | undefined): string | undefined {
    return sub
  }

  @Query(() => [Item])
  @Public()
  openItems(): Item[] {
    return items()
  }

  @Query(() => String, { nullable: true })
  @OptionalAuth()
  optional(@Claims('sub') sub: string | undefined): string | undefined {
    return sub
  }

  @Query(() => String)
  throws(): string {
    throw new JwtAuthError('insufficient_scope', { scope: 'items:read' })
  }

  @Query(() => String)
  @Public()
  fails(): string {
    throw new Error('no refusal')
  }

  @Query(() => String)
  @Public()
  denies(): string {
    throw new JwtAuthError('credentials_invalid')
  }

  @Mutation(() => String)
  @RequireScopes('items:delete')
  remove(@Claims('sub') sub: string): string {
    calls.push('removed')
    return sub
  }

  @Mutation(() => String)
  @RequireClaims({ is_admin: true })
  reset(@Claims('sub') sub: string): string {
    calls.push('reset')
    return sub
  }

  @Mutation(() => Item)
  @Public()
  openItem(): Item {
    return { id: '1' }
  }

  /** Nest runs no guards for it, unless the app wants them for fields. */
  @ResolveField(() => String, { nullable: true })
  async owner(@Claims('sub') sub: string | undefined, @CurrentIdentity('name') name: string | undefined) {
    return sub === undefined ? undefined : `${sub} ${name} ${await this.trail.caller()}`
  }

  @ResolveField(() => String)
  refusing(): string {
    throw new JwtAuthError('store_unavailable')
  }

  @Subscription(() => String, { resolve: (value: string) => value })
  async *whoami(@Claims('sub') sub: string, @CurrentIdentity('name') name: string) {
    yield `${sub} ${name}`
  }

  /** Its code runs when the server asks for the next event. */
  @Subscription(() => String, { resolve: (value: string) => value })
  async *known() {
    for (;;) yield await this.trail.caller()
  }

  @Subscription(() => Item, { resolve: (value: Item) => value })
  async *added() {
    yield* items()
  }

  /** Ends with its connection. */
  @Subscription(() => String, { resolve: (value: string) => value })
  async *quiet() {
    yield 'subscribed'
    await new Promise(() => {})
  }

  @Subscription(() => String, { resolve: (value: string) => value })
  @Public()
  async *openQuiet() {
    yield 'subscribed'
    await new Promise(() => {})
  }

  @Subscription(() => String, { filter: () => true, resolve: (value: string) => value })
  async *filtered(@Claims('sub') sub: string) {
    yield sub
  }

  @Subscription(() => String, { resolve: (value: string) => value })
  @RequireScopes('items:watch')
  async *removed(@Claims('sub') sub: string) {
    yield sub
  }

  @Subscription(() => String, { nullable: true, resolve: (value: string | null) => value })
  @Public()
  async *openEvents(@Claims('sub') sub: string | undefined) {
    yield sub ?? null
  }
}

interface Attached {
  readonly auth?: { readonly claims: { readonly sub: string } }
  readonly user?: User
}

@Resolver(() => Item)
export class GuardedFieldResolver {
  @ResolveField(() => String)
  @RequireScopes('prices:read')
  price(@Claims('sub') sub: string): string {
    return `for ${sub}`
  }

  @ResolveField(() => String)
  @UseGuards(JwtGuard)
  stock(@Claims('sub') sub: string): string {
    return `for ${sub}`
  }
}

@Resolver()
@Injectable({ scope: Scope.REQUEST })
export class RequestScopedResolver {
  constructor(
    private readonly trail: Trail,
    @Inject(CONTEXT) private readonly context: object,
  ) {}

  @Query(() => String)
  async scoped(@Claims('sub') sub: string): Promise<string> {
    return `${sub} ${'req' in this.context || 'reply' in this.context} ${await this.trail.caller()}`
  }
}

export const store = new CountingStore()

export interface ItemsOptions {
  /** Options of the driver. */
  readonly graphql?: object
  /** Options of JwtAuthModule. */
  readonly auth?: object
  readonly resolvers?: readonly Type[]
  readonly filters?: readonly Provider[]
}

/** An app that is closed by a global guard, and keeps the context of each request. */
export function startItems(
  server: GraphqlServer,
  { graphql = {}, auth = {}, resolvers = [], filters = [] }: ItemsOptions = {},
  options: StartOptions = {},
): Promise<RunningApp> {
  const guard = { provide: APP_GUARD, useExisting: JwtGuard }
  return startApp(
    server.adapter,
    {
      imports: [
        JwtAuthModule.forRoot({
          secret: SECRET,
          identityLoader: Users,
          attachIdentityAs: 'user',
          requestContext: true,
          sessionStore: { useValue: store },
          ...auth,
        }),
        server.module(graphql),
      ],
      providers: [Users, Trail, ItemsResolver, ...resolvers, ...filters, guard],
    },
    options,
  )
}

export async function accessToken(app: RunningApp, sub = 'ada', claims: object = {}): Promise<string> {
  const { access_token: token } = await app.nest.get(TokenService).issue(sub, { claims: { ...claims } })
  calls.length = 0
  return token
}

/** What `toMatchObject` finds in the result of an operation that was refused. */
export const refused = (errorCode: string, code = 'UNAUTHENTICATED') => ({
  errors: [{ extensions: { code, errorCode } }],
})
