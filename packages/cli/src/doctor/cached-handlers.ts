import type { Type } from '@nestjs/common'
import type { AuditedRoute } from '@nest-jwt-auth/core'
import { controllersOf, type ReadMetadata } from './controllers-of.js'
import type { ExaminedApp } from './examined-app.js'
import { isGuarded } from './routes.js'

export interface CachedHandler {
  readonly route: AuditedRoute
  /** The name of its class. */
  readonly interceptor: string
  /** How it comes before the handler. */
  readonly boundTo: string
}

/** `INTERCEPTORS_METADATA` of `@nestjs/common/constants`: what `@UseInterceptors` writes. */
const INTERCEPTORS_METADATA = '__interceptors__'

/** The guarded `GET` handlers behind a `CacheInterceptor` whose entries do not depend on the caller. */
export function cachedHandlers({ app, nest, routes }: ExaminedApp): CachedHandler[] {
  const reflector = app.get(nest.Reflector)
  const config = app.get(nest.ApplicationConfig)
  const controllers = new nest.DiscoveryService(app.get(nest.ModulesContainer)).getControllers()
  const types = [...new Set(controllers.flatMap(({ metatype }) => (metatype ? [metatype as Type] : [])))]
  const global = [
    ...config.getGlobalInterceptors(),
    ...config.getGlobalRequestInterceptors().map(({ metatype }) => metatype),
  ]
  const read: ReadMetadata = (key, target) =>
    [reflector.get<unknown>(key, target)].flat().filter((value) => value !== undefined)
  const interceptorsOn = (targets: readonly Function[]) =>
    targets.flatMap((target) => read(INTERCEPTORS_METADATA, target))
  return routes.filter(isCacheable).flatMap((route) => {
    const classes = controllersOf(route, types, read)
    const places = [
      {
        boundTo: 'on the handler',
        interceptors: interceptorsOn(classes.map((type) => type.prototype[route.handler])),
      },
      { boundTo: 'on the class', interceptors: interceptorsOn(classes) },
      { boundTo: 'global', interceptors: global },
    ]
    return places.flatMap(({ boundTo, interceptors }) =>
      interceptors.flatMap((interceptor) => {
        const name = nameOfUrlCache(interceptor)
        return name === undefined ? [] : [{ route, interceptor: name, boundTo }]
      }),
    )
  })
}

/** Nest keeps no answers to other methods. Ready-made routes run no interceptors. */
function isCacheable(route: AuditedRoute): boolean {
  return route.transport === 'http' && /^(GET|HEAD|ALL)$/.test(route.method ?? '') && isGuarded(route)
}

/** The name of a cache by URL; `undefined` for any other interceptor, and for a subclass that makes its own keys. */
function nameOfUrlCache(interceptor: unknown): string | undefined {
  const prototype: unknown =
    typeof interceptor === 'function' ? interceptor.prototype : Object.getPrototypeOf(Object(interceptor))
  for (let link = prototype; typeof link === 'object' && link !== null; link = Object.getPrototypeOf(link)) {
    // By its name: a second copy of the package has another class.
    if (link.constructor.name === 'CacheInterceptor')
      return Reflect.get(Object(prototype), 'constructor').name
    if (Object.hasOwn(link, 'trackBy') || Object.hasOwn(link, 'isRequestCacheable')) return undefined
  }
  return undefined
}
