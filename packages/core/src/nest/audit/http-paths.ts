import { RequestMethod, VersioningType } from '@nestjs/common'
import type { ApplicationConfig } from '@nestjs/core'
import type { controllerMapping, routeMapping } from '../nest-internals.js'

type Controller = NonNullable<ReturnType<typeof controllerMapping>>
type Route = NonNullable<ReturnType<typeof routeMapping>>

/** One path of a route, with its version. */
export interface HttpPath {
  readonly whole: string
  readonly withoutGlobalPrefix: string
}

/** Where a route is reached. */
export interface HttpPlaces {
  readonly paths: readonly HttpPath[]
  /** Where a header or a media type names the version. */
  readonly versions: readonly string[]
}

/** Every path at which Nest registers a route: global prefix and exclusions, versions, and lists of paths. */
export function httpPlaces(
  config: ApplicationConfig,
  modulePath: string | undefined,
  controller: Controller,
  route: Route,
): HttpPlaces {
  const versioning = config.getVersioning()
  const ofController = controller.version ?? versioning?.defaultVersion
  const version = versioning && (route.version || ofController)
  const versions = version === undefined ? [] : [version].flat()
  const isInPath = versioning?.type === VersioningType.URI
  const prefixes = isInPath && versions.length > 0 ? versions.map((one) => versionPrefix(config, one)) : ['']
  const paths = controller.paths.flatMap((ofClass) =>
    route.paths.flatMap((ofHandler) => {
      const parts = [modulePath, withSlash(ofClass), withSlash(ofHandler)]
      return prefixes.map((prefix) => wholePath(config, prefix, parts, route.method))
    }),
  )
  return { paths, versions: isInPath ? [] : versions.filter((one) => typeof one === 'string') }
}

function versionPrefix(config: ApplicationConfig, version: string | symbol): string {
  const versioning = config.getVersioning()
  if (typeof version !== 'string' || versioning?.type !== VersioningType.URI) return ''
  return `/${versioning.prefix === false ? '' : (versioning.prefix ?? 'v')}${version}`
}

function wholePath(
  config: ApplicationConfig,
  versionPrefix: string,
  parts: readonly (string | undefined)[],
  method: RequestMethod,
): HttpPath {
  const below = parts.reduce<string>((path, part) => (part ? withoutEnd(path) + withSlash(part) : path), '')
  const globalPrefix = withSlash(config.getGlobalPrefix())
  const isBelowPrefix = globalPrefix !== '' && !isExcluded(config, below, method)
  const withoutGlobalPrefix = normalized(versionPrefix + below)
  const whole = isBelowPrefix
    ? normalized(withoutEnd(globalPrefix) + versionPrefix + below)
    : withoutGlobalPrefix
  return { whole, withoutGlobalPrefix }
}

function normalized(path: string): string {
  const absolute = withSlash(path || '/')
  return absolute === '/' ? absolute : withoutEnd(absolute)
}

function isExcluded(config: ApplicationConfig, path: string, method: RequestMethod): boolean {
  const { exclude = [] } = config.getGlobalPrefixOptions()
  return exclude.some(
    ({ requestMethod, pathRegex }) =>
      (requestMethod === RequestMethod.ALL || requestMethod === method) && pathRegex.test(withSlash(path)),
  )
}

/** `{/:id}` is a part that may be left out, and has its slash inside. */
function withSlash(path: string): string {
  return path === '' || path.startsWith('/') || path.startsWith('{/') ? path : `/${path}`
}

function withoutEnd(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
