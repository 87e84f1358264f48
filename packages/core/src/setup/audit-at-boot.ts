import { Logger } from '@nestjs/common'
import { take } from 'rxjs'
import type { AuditSettings } from '../nest/audit/route-audit.js'
import { type AuditedRoute, listRoutes } from '../nest/audit/list-routes.js'
import { globalGuards, isOurs, type MessageDelivery, rpcTargets } from '../nest/audit/running-guards.js'
import { gatewayNames } from '../nest/audit/find-handlers.js'
import { findHttpAdapter } from '../nest/http-adapter.js'
import type { ModuleInputs } from './module-inputs.js'
import { Problems } from './problems.js'

const logger = new Logger('JwtAuth')

/** How many handlers a line names. */
const NAMED = 5

/**
 * Looks at all handlers that this app serves, once, before it listens. With the level `error` it throws for open handlers,
 * with `warn` it logs a line about those that a global `JwtGuard` is not run for. Watches for microservices that are
 * connected later.
 */
export function auditAtBoot(inputs: ModuleInputs, settings: AuditSettings): void {
  if (settings.level === 'off') return
  const { modules, adapterHost } = inputs
  const isMicroservice = findHttpAdapter(adapterHost) === undefined
  const targets = rpcTargets(modules)
  // An application context serves nothing.
  if (isMicroservice && targets === 0) return
  const routes = list(inputs, settings, isMicroservice ? 'own' : targets === 0 ? 'none' : 'unknown')
  const open = routes.filter(
    ({ access, transport }) => access === 'open' && (transport !== 'rpc' || targets > 0),
  )
  if (settings.level === 'error') refuseOpen(open)
  warnOfOpen(inputs, open)
  const shadowing = routes.filter(({ shadows }) => shadows !== undefined)
  if (shadowing.length > 0) logger.warn(shadowLine(shadowing))
  if (!isMicroservice && targets === 0 && routes.some(({ transport }) => transport === 'rpc')) {
    modules
      .getRpcTargetRegistry()
      .pipe(take(1))
      .subscribe(() => auditLate(inputs, settings))
  }
}

/**
 * Warns of gateways in an app with a global `JwtGuard` that has protected no server: their handlers are guarded, but anybody
 * can connect. To be called after Nest has called `afterInit` of the gateways.
 */
export function warnOfOpenConnections(
  { modules, config }: ModuleInputs,
  { level }: AuditSettings,
  hasProtected: boolean,
): void {
  if (level === 'off' || hasProtected) return
  const gateways = gatewayNames(modules)
  if (gateways.length === 0 || !globalGuards(modules, config).some(({ guard }) => isOurs(guard))) return
  logger.warn(
    `audit: JwtGuard is a global guard, but anybody can connect to ${gateways.join(', ')}, and receives what the server sends ` +
      'to all clients. Call protect(server) of JwtSockets in afterInit(server) of each gateway, with { anonymous: true } if ' +
      "clients without a token may connect. audit: 'off' silences this line.",
  )
}

/** A microservice was connected after boot, when the app can no longer be refused. */
function auditLate(inputs: ModuleInputs, settings: AuditSettings): void {
  const open = list(inputs, settings, 'unknown').filter(
    (route) => route.access === 'open' && route.transport === 'rpc',
  )
  warnOfOpen(inputs, open, settings.level === 'error')
}

function list(
  { modules, config, adapterHost }: ModuleInputs,
  { guards }: AuditSettings,
  messages: MessageDelivery,
) {
  return listRoutes({ modules, config, adapter: findHttpAdapter(adapterHost), messages, guards })
}

function warnOfOpen({ modules, config }: ModuleInputs, open: readonly AuditedRoute[], always = false): void {
  const isGlobal = globalGuards(modules, config).some(({ guard }) => isOurs(guard))
  if (open.length > 0 && (always || isGlobal)) logger.warn(openLine(open, isGlobal))
}

function refuseOpen(open: readonly AuditedRoute[]): void {
  const problems = new Problems()
  for (const route of open) {
    problems.add(
      `${route.controller}.${route.handler}`,
      `The handler is open: no guard runs before it (${placeOf(route)})${route.by === undefined ? '' : `. ${route.by}`}`,
      'Write @UseGuards(JwtGuard) on it or on its class, or @Public() if anybody may call it. List guards of another kind in audit.guards',
    )
  }
  problems.throwIfAny()
}

function openLine(open: readonly AuditedRoute[], isGlobal: boolean): string {
  const reasons = [...new Set(open.flatMap(({ by }) => by ?? []))]
  const more = open.length > NAMED ? ` and ${open.length - NAMED} more` : ''
  return (
    `audit: ${isGlobal ? 'JwtGuard is a global guard, but Nest does not run it' : 'No guard runs'} before ${namesOf(open)}${more}. ` +
    reasons.map((reason) => `${reason}. `).join('') +
    'Write @UseGuards(JwtGuard) on these classes, or @Public() on what anybody may call. ' +
    "List all handlers with routeAudit(app); audit: 'error' refuses to start with open ones, 'off' silences this line."
  )
}

function shadowLine(routes: readonly AuditedRoute[]): string {
  const pairs = routes.map(
    (route) => `${placeOf(route)} takes requests from ${(route.shadows ?? []).join(' and ')}`,
  )
  return (
    `audit: Routes without a guard come before routes that need a token, and take their requests: ${pairs.join('; ')}. ` +
    'Register the more specific route first.'
  )
}

function namesOf(routes: readonly AuditedRoute[]): string {
  const names = routes
    .slice(0, NAMED)
    .map((route) => `${route.controller}.${route.handler} (${placeOf(route)})`)
  return names.join(', ')
}

function placeOf({ transport, method, path, pattern }: AuditedRoute): string {
  const place = path ?? (typeof pattern === 'string' ? pattern : JSON.stringify(pattern))
  return transport === 'http' ? `${method} ${path}` : `${transport} ${place}`
}
