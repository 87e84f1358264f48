import type { AuditedRoute } from './list-routes.js'

/**
 * For each open route, the later ones that need a token and that it takes requests from: `GET /items/:id` before
 * `GET /items/admin`. Only for adapters that ask their routes in the order in which they were registered.
 */
export function shadowedRoutes(
  routes: readonly AuditedRoute[],
): ReadonlyMap<AuditedRoute, readonly string[]> {
  const http = routes.filter(({ transport }) => transport === 'http')
  const shadows = http.flatMap((route, at): [AuditedRoute, readonly string[]][] => {
    if (route.access !== 'public' && route.access !== 'open') return []
    const hidden = http.slice(at + 1).filter((later) => isGuarded(later) && takesFrom(route, later))
    return hidden.length > 0 ? [[route, [...new Set(hidden.map(nameOf))]]] : []
  })
  return new Map(shadows)
}

function isGuarded({ access }: AuditedRoute): boolean {
  return access === 'required' || access === 'optional'
}

function nameOf({ method, path, controller, handler }: AuditedRoute): string {
  return `${method} ${path} (${controller}.${handler})`
}

function takesFrom(route: AuditedRoute, later: AuditedRoute): boolean {
  return (
    (route.method === later.method || route.method === 'ALL') &&
    overlap(route.version, later.version) &&
    overlap(route.host, later.host) &&
    variants(route.path ?? '').some((path) => variants(later.path ?? '').some((other) => meet(path, other)))
  )
}

/** A route without versions or hosts takes all of them. */
function overlap(own: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return own === undefined || other === undefined || own.some((one) => other.includes(one))
}

/** With and without the parts that may be left out: `/files{/:name}`. The innermost are resolved first. */
function variants(path: string): string[] {
  const group = /\{([^{}]*)\}/.exec(path)
  if (group === null) return [path.toLowerCase()]
  const [before, after] = [path.slice(0, group.index), path.slice(group.index + group[0].length)]
  return [...variants(before + (group[1] ?? '') + after), ...variants(before + after)]
}

/** Whether one URL can match both paths. A wildcard takes one segment or more. */
function meet(path: string, other: string): boolean {
  const [own, others] = [path.split('/'), other.split('/')]
  for (let at = 0; at < Math.max(own.length, others.length); at++) {
    const [one, two] = [own[at], others[at]]
    if (one === undefined || two === undefined) return false
    if (one.includes('*') || two.includes('*')) return true
    if (!segmentsMeet(one, two)) return false
  }
  return true
}

function segmentsMeet(one: string, two: string): boolean {
  if (one === two || (one.includes(':') && two.includes(':'))) return true
  return one.includes(':') ? patternOf(one).test(two) : two.includes(':') && patternOf(two).test(one)
}

/** `:from-:to` takes any characters for each name. */
function patternOf(segment: string): RegExp {
  const literal = segment.split(/:(?:[\w$]+|"[^"]*")/).map((part) => part.replaceAll(/[^\w]/g, '\\$&'))
  return new RegExp(`^${literal.join('.+')}$`)
}
