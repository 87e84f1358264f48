import 'reflect-metadata'
import type { ExceptionFilter, NestInterceptor, RequestMethod } from '@nestjs/common'
import { APP_GUARD, type ApplicationConfig, type ModulesContainer, RouterModule } from '@nestjs/core'

/**
 * Everything that relies on parts of Nest that its documentation does not promise, in one place and as little as
 * possible. `test/guard/nest-internals.spec.ts` fails where Nest has changed one of them, and names the versions that
 * they were tried on.
 */

/** Under this key `@UseGuards` keeps its guards, on a class or on the function of a handler. */
const GUARDS_METADATA = '__guards__'

/** Under this key `@EventPattern` and `@MessagePattern` of `@nestjs/microservices` keep which of the two they are. */
const PATTERN_HANDLER_METADATA = 'microservices:handler_type'
const EVENT_HANDLER = 2

/** Under this key `@Sse` marks the function of a handler. */
const SSE_METADATA = '__sse__'

/** `GRAPHQL_MODULE_OPTIONS` of `@nestjs/graphql`: under this token GraphQLModule provides its options. */
const GRAPHQL_OPTIONS = 'GqlModuleOptions'

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never
type Wrapper = NonNullable<ReturnType<NestModule['providers']['get']>>
type Token = Parameters<NestModule['providers']['get']>[0]

/** A provider as one module has it. */
export interface FoundProvider {
  readonly module: NestModule
  readonly wrapper: Wrapper
}

/**
 * What `@UseGuards` bound to a class or to a handler. Of a class these include the guards of its base classes: Nest
 * copies them, or finds them along the chain of constructors.
 */
export function boundGuards(target: object): readonly unknown[] {
  const guards: unknown = Reflect.getMetadata(GUARDS_METADATA, target)
  return Array.isArray(guards) ? guards : []
}

/** Whether a handler is one of `@Sse`, so that what it emits are server-sent events. */
export function isSseHandler(handler: object): boolean {
  return Reflect.getMetadata(SSE_METADATA, handler) === true
}

/** Whether a function that took a handler's place still has every guard that is bound to the handler. */
export function keepsGuards(replacement: object, handler: object): boolean {
  const kept = boundGuards(replacement)
  return boundGuards(handler).every((guard) => kept.includes(guard))
}

/** Whether a handler is one of `@EventPattern`: nobody waits for its answer. */
export function isEventHandler(handler: object): boolean {
  return Reflect.getMetadata(PATTERN_HANDLER_METADATA, handler) === EVENT_HANDLER
}

/** Every module's own provider under this token, wherever in the app it is. */
export function findProviders(modules: ModulesContainer, token: Token): FoundProvider[] {
  return [...modules.values()].flatMap((module) => {
    const wrapper = module.providers.get(token)
    return wrapper === undefined ? [] : [{ module, wrapper }]
  })
}

/** Every instance under this token: of providers, and of guards and the like that are bound by their class. */
export function findInstances(modules: ModulesContainer, token: Token): unknown[] {
  return [...modules.values()].flatMap(({ providers, injectables }) =>
    [providers.get(token), injectables.get(token)].flatMap((wrapper) =>
      wrapper === undefined ? [] : [wrapper.instance],
    ),
  )
}

/** One `GraphQLModule`, as it was set up. */
export interface GraphqlSetup {
  readonly options: {
    readonly fieldResolverEnhancers?: readonly string[]
    readonly context?: unknown
    readonly include?: readonly unknown[]
  }
  /** Whether its driver makes a copy of `options.context` for each request. */
  readonly copiesContext: boolean
  /** The modules whose resolvers it serves. */
  readonly modules: readonly NestModule[]
}

/** Known once Nest has instantiated all providers. */
export function findGraphqlSetups(modules: ModulesContainer): GraphqlSetup[] {
  return findProviders(modules, GRAPHQL_OPTIONS).flatMap(({ module, wrapper }) => {
    const options = wrapper.instance as GraphqlSetup['options'] | undefined
    if (typeof options !== 'object' || options === null) return []
    const include = options.include ?? []
    const isServed = ({ metatype }: NestModule) => include.length === 0 || include.includes(metatype)
    const copiesContext = [...module.providers.values()].some(({ instance }) =>
      hasMethod(instance, 'cloneContext'),
    )
    return [{ options, copiesContext, modules: [...modules.values()].filter(isServed) }]
  })
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function'
}

/** Request-scoped or transient, by itself or through what it injects: there is no one instance to call. */
export function isScoped({ wrapper }: FoundProvider): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic()
}

/** Nest asks the last global filter first, so the app's own are asked before this one. */
export function addLastAskedFilter(config: ApplicationConfig, filter: ExceptionFilter): void {
  config.getGlobalFilters().unshift(filter)
}

/** Nest runs the first global interceptor outermost. */
export function addOutermostInterceptor(config: ApplicationConfig, interceptor: NestInterceptor): void {
  config.getGlobalInterceptors().unshift(interceptor)
}

/** Whether Nest runs the global guards of this app on its gateways: Nest 12 does, Nest 11 runs none of them there. */
export function runsGlobalGuardsOnGateways(config: ApplicationConfig): boolean {
  // Nest exports no version, and its package.json cannot be imported. This option came with the first Nest 12.
  return 'getRouteConflictPolicy' in config
}

/** Whether a microservice of a hybrid app was connected with `inheritAppConfig`. */
export function inheritsConfig(microservice: object, config: ApplicationConfig): boolean {
  return Reflect.get(microservice, 'applicationConfig') === config
}

/**
 * What the modules provide as `APP_GUARD`: the class of each guard, or the guard itself. `undefined`: a factory makes it,
 * which does not run in a preview.
 */
export function appGuards(modules: ModulesContainer): unknown[] {
  return [...modules.values()].flatMap(({ providers, injectables }) =>
    [...providers.values(), ...injectables.values()]
      .filter(({ token }) => typeof token === 'string' && token.startsWith(`${APP_GUARD} (UUID: `))
      .map(guardOf),
  )
}

function guardOf({ isAlias, inject, isNotMetatype, metatype, instance }: Wrapper): unknown {
  const aliased: unknown = isAlias ? inject?.[0] : undefined
  if (typeof aliased === 'function') return aliased
  return isNotMetatype || typeof metatype !== 'function' ? (instance ?? undefined) : metatype
}

interface RouteOfModule {
  readonly path: string
  readonly module?: unknown
  readonly children?: readonly unknown[]
}

/** The path that `RouterModule` gives to a module, by the class of the module. */
export function modulePaths(modules: ModulesContainer): ReadonlyMap<unknown, string> {
  const paths = new Map<unknown, string>()
  for (const { metatype, providers } of modules.values()) {
    if (metatype !== RouterModule) continue
    for (const { token, instance } of providers.values()) {
      if (String(token) === 'Symbol(ROUTES)') addPaths('', instance as readonly RouteOfModule[], paths)
    }
  }
  return paths
}

function addPaths(above: string, routes: readonly unknown[], paths: Map<unknown, string>): void {
  for (const route of routes) {
    const {
      path,
      module,
      children = [],
    } = typeof route === 'function' ? { path: '', module: route } : (route as RouteOfModule)
    const whole = `${above}/${path}`.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '')
    if (module !== undefined) paths.set(module, whole)
    addPaths(whole, children, paths)
  }
}

/** The options of each `GraphQLModule`; `undefined` where a factory has yet to make them. */
export function graphqlOptions(modules: ModulesContainer): (object | undefined)[] {
  return findProviders(modules, GRAPHQL_OPTIONS).map(
    ({ wrapper }) => (wrapper.instance as object | null | undefined) ?? undefined,
  )
}

/** Whether Nest takes a class for a gateway. */
export function isGateway(type: object): boolean {
  return Reflect.getMetadata('websockets:is_gateway', type) === true
}

type Version = string | symbol | readonly (string | symbol)[] | undefined

/** What `@Controller`, `@Version` and `RouterModule` say of a controller. `undefined`: it is none. */
export function controllerMapping(type: object) {
  const path = Reflect.getMetadata('path', type) as string | readonly string[] | undefined
  if (path === undefined) return undefined
  return {
    paths: [path].flat(),
    version: Reflect.getMetadata('__version__', type) as Version,
    hosts: [Reflect.getMetadata('host', type) as unknown].flat().filter((host) => host !== undefined),
  }
}

/** What `@Get`, `@All`, `@Sse` and their like say of a handler. `undefined`: it is no HTTP handler. */
export function routeMapping(handler: object) {
  const path = Reflect.getMetadata('path', handler) as string | readonly string[] | undefined
  if (path === undefined) return undefined
  return {
    paths: [path].flat(),
    method: Reflect.getMetadata('method', handler) as RequestMethod,
    version: Reflect.getMetadata('__version__', handler) as Version,
  }
}

/** The patterns of `@MessagePattern`, `@EventPattern` and `@GrpcMethod`; none: it is no message handler. */
export function messagePatterns(handler: object): readonly unknown[] {
  if (Reflect.getMetadata('microservices:handler_type', handler) === undefined) return []
  return [Reflect.getMetadata('microservices:pattern', handler) as unknown].flat()
}

/** The message of `@SubscribeMessage`, in an array; empty: it is no handler of a gateway. */
export function gatewayMessages(handler: object): readonly unknown[] {
  if (Reflect.getMetadata('websockets:message_mapping', handler) === undefined) return []
  return [Reflect.getMetadata('message', handler) as unknown]
}

const OPERATIONS: ReadonlySet<unknown> = new Set(['Query', 'Mutation', 'Subscription'])

/** What a method of a resolver answers: `User.posts`. `undefined`: it is no handler. */
export function resolvedField(type: object, handler: object, name: string) {
  const read = (key: string, target: object): unknown => Reflect.getMetadata(`graphql:${key}`, target)
  const parent = read('resolver_type', handler) ?? read('resolver_type', type)
  const isReference = read('resolve_reference', handler) === true
  const isProperty = read('resolve_property', handler) === true
  const isOperation = OPERATIONS.has(parent)
  if (typeof parent !== 'string' || !(isOperation || isReference || isProperty)) return undefined
  const given = read('resolver_name', handler)
  const field = isReference ? '__resolveReference' : typeof given === 'string' ? given : name
  return { path: `${parent}.${field}`, isOperation }
}
