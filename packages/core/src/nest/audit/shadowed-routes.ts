import type { AuditedRoute } from './list-routes.js'
import { PathIndex } from './path-index.js'

/**
 * For each open route, the later ones that need a token and that it takes requests from: `GET /items/:id` before
 * `GET /items/admin`. Only for adapters that ask their routes in the order in which they were registered.
 */
export function shadowedRoutes(
  routes: readonly AuditedRoute[],
): ReadonlyMap<AuditedRoute, readonly string[]> {
  const index = new PathIndex()
  routes.forEach(({ transport, access, path }, at) => {
    const isGuarded = access === 'required' || access === 'optional'
    if (transport === 'http' && isGuarded && path !== undefined) index.add(path, at)
  })
  const shadows = routes.flatMap((route, at): [AuditedRoute, readonly string[]][] => {
    const isOpen = route.access === 'public' || route.access === 'open'
    if (route.transport !== 'http' || !isOpen || route.path === undefined) return []
    const hidden = index
      .meeting(route.path)
      .filter((later) => later > at)
      .flatMap((later) => routes[later] ?? [])
      .filter((later) => takesFrom(route, later))
    return hidden.length > 0 ? [[route, [...new Set(hidden.map(nameOf))]]] : []
  })
  return new Map(shadows)
}

function nameOf({ method, path, controller, handler }: AuditedRoute): string {
  return `${method} ${path} (${controller}.${handler})`
}

function takesFrom(route: AuditedRoute, later: AuditedRoute): boolean {
  return (
    takesMethod(route.method, later.method) &&
    overlap(route.version, later.version) &&
    overlap(route.host, later.host)
  )
}

/** Express lets a route for GET answer HEAD requests. */
function takesMethod(own: string | undefined, other: string | undefined): boolean {
  return own === other || own === 'ALL' || (own === 'GET' && other === 'HEAD')
}

/** A route without versions or hosts takes all of them. */
function overlap(own: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return own === undefined || other === undefined || own.some((one) => other.includes(one))
}
