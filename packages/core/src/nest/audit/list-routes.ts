import type { Type } from '@nestjs/common'
import type { AbstractHttpAdapter, ApplicationConfig, ModulesContainer } from '@nestjs/core'
import type { TransportName } from '../transports/call.js'
import { auditHandler, type Verdict } from './audit-handler.js'
import { type FoundHandler, findHandlers } from './find-handlers.js'
import { type MessageDelivery, runningGuards } from './running-guards.js'
import { shadowedRoutes } from './shadowed-routes.js'

/** One way to reach one handler, and who may. */
export interface AuditedRoute {
  readonly transport: TransportName
  /** The class that Nest calls the handler on: a controller, a resolver or a gateway. */
  readonly controller: string
  readonly handler: string
  /** Of HTTP: `GET`, or `ALL`. */
  readonly method?: string
  /** Of HTTP: with prefixes and version, as in `/api/v1/items/:id`. Of GraphQL: `Query.items`, `User.posts`. */
  readonly path?: string
  /** Of HTTP, if the version is not in the path. */
  readonly version?: readonly string[]
  /** Of HTTP, if the controller is for some hosts only. */
  readonly host?: readonly string[]
  /** Of messages: what the handler subscribes to, as it is written in the decorator. */
  readonly pattern?: unknown
  /**
   * `required`: a token, or what a guard of `audit.guards` requires. `optional`: a call without a token is anonymous.
   * `public`: `@Public()` says so. `open`: nothing says so, and no guard runs.
   */
  readonly access: Verdict['access']
  /**
   * What decides: `APP_GUARD`, `useGlobalGuards`, `@UseGuards on the handler`, `a policy on the class`,
   * `@Public() on the handler`, or the name of a guard of `audit.guards`. Of an open handler: why the guards are not run.
   */
  readonly by?: string
  /** Of a public or open HTTP route: later routes that need a token, and whose requests this one takes. */
  readonly shadows?: readonly string[]
}

/** What an app is audited by. */
export interface AuditedApp {
  readonly modules: ModulesContainer
  readonly config: ApplicationConfig
  /** `undefined` in a microservice. */
  readonly adapter: AbstractHttpAdapter | undefined
  readonly messages: MessageDelivery
  /** Other guards that close a handler. */
  readonly guards: readonly Type[]
}

const TRANSPORTS: readonly TransportName[] = ['http', 'graphql', 'ws', 'rpc']

/** A handler, and who may call it. */
export interface AuditedHandler {
  readonly found: FoundHandler
  readonly verdict: Verdict
}

/** Every handler with who may call it, in the order in which Nest registers them. */
export function auditHandlers({ modules, config, messages, guards }: AuditedApp): readonly AuditedHandler[] {
  const running = runningGuards(modules, config, messages)
  return findHandlers(modules, config).map((found) => ({
    found,
    verdict: auditHandler(found, running[found.kind], guards),
  }))
}

/** Every handler with who may call it, by transport; routes in the order in which Nest registers them. */
export function listRoutes(app: AuditedApp): readonly AuditedRoute[] {
  const { adapter, config } = app
  const routes = auditHandlers(app).map(({ found, verdict }) => describe(found, verdict))
  const shadows = isOrderSensitive(adapter, config) ? shadowedRoutes(routes) : new Map<AuditedRoute, never>()
  return TRANSPORTS.flatMap((name) => routes.filter(({ transport }) => transport === name)).map((route) => {
    const hidden = shadows.get(route)
    return hidden === undefined ? route : Object.assign({}, route, { shadows: hidden })
  })
}

function describe(found: FoundHandler, { access, by }: Verdict): AuditedRoute {
  const { kind, type, name, method, path, version, host, pattern } = found
  const transport = kind === 'operation' || kind === 'field' ? 'graphql' : kind
  const members = {
    transport,
    controller: type.name,
    handler: name,
    method,
    path,
    version,
    host,
    pattern,
    access,
    by,
  }
  const known = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as unknown as AuditedRoute
}

/** Whether the first route that matches gets the request, and not the one that is the most specific. */
function isOrderSensitive(adapter: AbstractHttpAdapter | undefined, config: ApplicationConfig): boolean {
  const strategy = 'getRouteResolutionStrategy' in config ? config.getRouteResolutionStrategy() : undefined
  return adapter !== undefined && adapter.getType() !== 'fastify' && strategy !== 'specificity'
}
