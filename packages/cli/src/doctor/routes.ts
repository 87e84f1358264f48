import type { AuditedRoute } from '@nest-jwt-auth/core'
import type { ExaminedApp } from './examined-app.js'

/** Where a route is, below the address of the app. */
export function addressOf({ path = '/' }: AuditedRoute, address: URL): URL {
  const below = address.pathname.replace(/\/$/, '')
  return new URL(`${below}${path}`, address)
}

/** A ready-made route of the app; `undefined`: it is not switched on. */
export function readyMade(
  name: 'refresh' | 'logout',
  { routes, settings: { endpoints } }: Pick<ExaminedApp, 'routes' | 'settings'>,
): AuditedRoute | undefined {
  if (!endpoints.routes.includes(name)) return undefined
  const ending = `/${endpoints.path}/${name}`.replace(/\/+/g, '/')
  return routes.find(
    ({ handler, method, path }) => handler === name && method === 'POST' && path?.endsWith(ending) === true,
  )
}

/** `DELETE /items/:id (ItemsController.remove)`. */
export function placeOf({ transport, method, path, pattern, controller, handler }: AuditedRoute): string {
  const place = path ?? (typeof pattern === 'string' ? pattern : JSON.stringify(pattern))
  return `${transport === 'http' ? method : transport} ${place} (${controller}.${handler})`
}

export function isGuarded({ access }: AuditedRoute): boolean {
  return access === 'required' || access === 'optional'
}
