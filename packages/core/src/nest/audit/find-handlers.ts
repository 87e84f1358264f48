import { RequestMethod } from '@nestjs/common'
import { type ApplicationConfig, MetadataScanner, type ModulesContainer } from '@nestjs/core'
import type { RouteTarget } from '../decorators/route-metadata.js'
import {
  controllerMapping,
  gatewayMessages,
  graphqlOptions,
  isGateway,
  messagePatterns,
  modulePaths,
  resolvedField,
  routeMapping,
} from '../nest-internals.js'
import { httpPlaces } from './http-paths.js'

/** Nest runs guards on these in different ways. */
export type HandlerKind = 'http' | 'operation' | 'field' | 'ws' | 'rpc'

/** A handler that clients can reach, once for each way to reach it. */
export interface FoundHandler {
  readonly kind: HandlerKind
  /** The class that Nest calls it on, which may have inherited it. */
  readonly type: RouteTarget
  readonly handler: RouteTarget
  readonly name: string
  readonly method?: string | undefined
  readonly path?: string | undefined
  /** Of HTTP: as documents name it that leave the global prefix out. */
  readonly pathWithoutGlobalPrefix?: string | undefined
  readonly version?: readonly string[] | undefined
  readonly host?: readonly string[] | undefined
  readonly pattern?: unknown
}

type Place = Omit<FoundHandler, 'type' | 'handler' | 'name'>
type PlacesOf = (type: RouteTarget, handler: RouteTarget, name: string) => readonly Place[]

/** The names of all gateway classes of the modules that are loaded. */
export function gatewayNames(modules: ModulesContainer): readonly string[] {
  const types = [...modules.values()].flatMap(({ providers }) =>
    [...providers.values()].flatMap(({ metatype, isNotMetatype }) =>
      typeof metatype === 'function' && !isNotMetatype && isGateway(metatype) ? [metatype.name] : [],
    ),
  )
  return [...new Set(types)]
}

/** All handlers of all modules that are loaded, in the order in which Nest registers them. Reads metadata only. */
export function findHandlers(modules: ModulesContainer, config: ApplicationConfig): FoundHandler[] {
  const scanner = new MetadataScanner()
  const paths = modulePaths(modules)
  const hasGraphql = graphqlOptions(modules).length > 0
  // Several modules can have the same class. Only controllers differ by module: in their paths.
  const [isNewController, isNewGateway, isNewResolver] = [once(), once(), once()]
  const found: FoundHandler[] = []
  for (const { metatype, controllers, providers } of modules.values()) {
    const http = httpOf(config, paths.get(metatype))
    for (const { metatype: type, instance } of controllers.values()) {
      if (typeof type !== 'function') continue
      found.push(...handlersOf(scanner, type, instance, isNewController(type) ? [http, rpcOf] : [http]))
    }
    for (const { metatype: type, isNotMetatype, instance } of providers.values()) {
      if (typeof type === 'function' && !isNotMetatype && isGateway(type) && isNewGateway(type)) {
        found.push(...handlersOf(scanner, type, undefined, [wsOf]))
      }
      const made = hasGraphql ? classOf(instance) : undefined
      if (made !== undefined && isNewResolver(made))
        found.push(...handlersOf(scanner, made, undefined, [resolverOf]))
    }
  }
  return found
}

function once(): (type: RouteTarget) => boolean {
  const seen = new Set<RouteTarget>()
  return (type) => !seen.has(type) && seen.add(type).has(type)
}

function handlersOf(
  scanner: MetadataScanner,
  type: RouteTarget,
  instance: unknown,
  kinds: readonly PlacesOf[],
): FoundHandler[] {
  const prototype = type.prototype as object
  return scanner.getAllMethodNames(prototype).flatMap((name) => {
    const method = Reflect.get(prototype, name) as RouteTarget
    // Nest calls the function that the instance has, which a constructor may have replaced.
    const called: unknown =
      typeof instance === 'object' && instance !== null ? Reflect.get(instance, name) : method
    const handler = typeof called === 'function' ? called : method
    return kinds.flatMap((placesOf) =>
      placesOf(type, method, name).map((place) => Object.assign({}, place, { type, handler, name })),
    )
  })
}

function httpOf(config: ApplicationConfig, modulePath: string | undefined): PlacesOf {
  return (type, handler) => {
    const [controller, route] = [controllerMapping(type), routeMapping(handler)]
    if (controller === undefined || route === undefined) return []
    const { paths, versions } = httpPlaces(config, modulePath, controller, route)
    const shared = {
      kind: 'http',
      method: RequestMethod[route.method] ?? 'ALL',
      version: versions.length > 0 ? versions : undefined,
      host: controller.hosts.length > 0 ? controller.hosts.map(String) : undefined,
    } as const
    return paths.map(({ whole, withoutGlobalPrefix }) =>
      Object.assign({}, shared, { path: whole, pathWithoutGlobalPrefix: withoutGlobalPrefix }),
    )
  }
}

const rpcOf: PlacesOf = (_type, handler) =>
  messagePatterns(handler).map((pattern) => ({ kind: 'rpc', pattern }))

const wsOf: PlacesOf = (_type, handler) =>
  gatewayMessages(handler).map((pattern) => ({ kind: 'ws', pattern }))

const resolverOf: PlacesOf = (type, handler, name) => {
  const field = resolvedField(type, handler, name)
  // It tells the type of an object that another handler found.
  if (field === undefined || name === '__resolveType') return []
  return [{ kind: field.isOperation ? 'operation' : 'field', path: field.path }]
}

/** The class of a provider's instance, whatever made it. */
function classOf(instance: unknown): RouteTarget | undefined {
  if (typeof instance !== 'object' || instance === null) return undefined
  const prototype = Object.getPrototypeOf(instance) as { readonly constructor?: unknown } | null
  const type = prototype?.constructor
  return typeof type === 'function' && type !== Object && type.prototype === prototype ? type : undefined
}
