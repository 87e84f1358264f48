import type { Type } from '@nestjs/common'
import type { AuditedRoute } from '@nest-jwt-auth/core'

/** What a decorator of Nest has written on a class: one value, or a list of them. */
export type ReadMetadata = (key: string, target: Function) => readonly unknown[]

/** `PATH_METADATA` and `VERSION_METADATA` of `@nestjs/common/constants`: what `@Controller` writes. */
const PATH_METADATA = 'path'
const VERSION_METADATA = '__version__'

/**
 * The controllers that a route can be of: those of its name that have its handler. A route knows only the name, which several
 * may share; then its path and version tell whose it is, and where these do not, all are returned.
 */
export function controllersOf(
  route: AuditedRoute,
  controllers: readonly Type[],
  read: ReadMetadata,
): readonly Type[] {
  const named = controllers.filter(
    (type) => type.name === route.controller && typeof type.prototype[route.handler] === 'function',
  )
  const matches = named.map((type) => matchOf(route, read(PATH_METADATA, type), read(VERSION_METADATA, type)))
  const best = Math.max(...matches)
  return named.filter((_type, at) => matches[at] === best)
}

/** The length of the longest path of a controller that is in the path of the route; -1 if it is of another version. */
function matchOf(
  { path = '', version = [] }: AuditedRoute,
  paths: readonly unknown[],
  versions: readonly unknown[],
): number {
  const isOfVersion = (one: unknown) =>
    version.some((of) => of === one) || path.split('/').includes(`v${String(one)}`)
  if (versions.length > 0 && !versions.some(isOfVersion)) return -1
  const inside = paths
    .map((one) => String(one).replaceAll(/^\/|\/$/g, ''))
    .filter((one) => `${path}/`.includes(`/${one}/`))
  return Math.max(0, ...inside.map(({ length }) => length))
}
