import type { INestApplication, INestApplicationContext, Type } from '@nestjs/common'
import { type AbstractHttpAdapter, ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core'
import { JWKS_PATH } from '../endpoints/jwks-endpoint.js'
import { findHttpAdapter } from '../http-adapter.js'
import { findProviders, inheritsConfig } from '../nest-internals.js'
import { type AuditedApp, type AuditedRoute, listRoutes } from './list-routes.js'
import { type MessageDelivery, rpcTargets } from './running-guards.js'
import { unseenParts } from './unseen-parts.js'

/** All handlers of an app. `unseen` says in sentences what the audit could not look at. */
export interface RouteAudit extends ReadonlyArray<AuditedRoute> {
  readonly unseen: readonly string[]
}

/** What the option `audit` sets. */
export interface AuditSettings {
  readonly level: 'off' | 'warn' | 'error'
  readonly guards: readonly Type[]
}

/** Under this token the module has its `AuditSettings`. In a preview they are not made. */
export const AUDIT_SETTINGS = Symbol('nest-jwt-auth:audit')

/** Under this token the module has whether it publishes its public keys, in a preview too. */
export const PUBLISHES_KEYS = Symbol('nest-jwt-auth:publishes-keys')

/** Under this token the module has what `forRoot` was given as `audit.guards`; `undefined` with a factory. */
export const AUDIT_GUARDS = Symbol('nest-jwt-auth:audit-guards')

/**
 * Lists every handler of every transport with who may call it, once for each path or pattern. Reads metadata only, so it
 * works before `init()` and on a preview: `NestFactory.create(AppModule, { preview: true })`, which starts nothing. Call
 * it after everything that `main.ts` sets: prefix, versions, global guards and microservices.
 */
export function routeAudit(app: INestApplicationContext): RouteAudit {
  const { publishesKeys, isPreview, knowsGuards, ...audited } = appToAudit(app)
  const routes = [
    ...(publishesKeys && audited.adapter !== undefined ? [JWKS_ROUTE] : []),
    ...listRoutes(audited),
  ]
  const unseen = unseenParts(audited.modules, isPreview, knowsGuards)
  return Object.defineProperty(routes, 'unseen', {
    value: unseen,
  }) as readonly AuditedRoute[] as RouteAudit
}

/** What an audit reads, and what it knows about the app. */
interface AppToAudit extends AuditedApp {
  readonly publishesKeys: boolean
  readonly isPreview: boolean
  /** Whether the option `audit.guards` is known. */
  readonly knowsGuards: boolean
}

/** Finds in an app what an audit reads. */
export function appToAudit(app: INestApplicationContext): AppToAudit {
  const modules = app.get(ModulesContainer)
  const [provider] = findProviders(modules, AUDIT_SETTINGS)
  const settings = (provider?.wrapper.instance ?? undefined) as AuditSettings | undefined
  const isPreview = provider !== undefined && settings === undefined
  const declared = findProviders(modules, AUDIT_GUARDS)[0]?.wrapper.instance as readonly Type[] | undefined
  const guards = settings?.guards ?? declared
  const config = app.get(ApplicationConfig)
  const adapter = findHttpAdapter(app.get(HttpAdapterHost))
  return {
    modules,
    config,
    adapter,
    messages: messageServer(app, modules, config, adapter),
    guards: guards ?? [],
    publishesKeys: findProviders(modules, PUBLISHES_KEYS)[0]?.wrapper.instance === true,
    isPreview,
    knowsGuards: guards !== undefined,
  }
}

/** No handler of Nest's, and registered before all that are. */
const JWKS_ROUTE: AuditedRoute = Object.freeze({
  transport: 'http',
  controller: 'JwtAuthModule',
  handler: 'jwks',
  method: 'GET',
  path: JWKS_PATH,
  access: 'public',
  by: 'endpoints.jwks',
})

function messageServer(
  app: INestApplicationContext,
  modules: ModulesContainer,
  config: ApplicationConfig,
  adapter: AbstractHttpAdapter | undefined,
): MessageDelivery {
  if (adapter === undefined) return rpcTargets(modules) > 0 ? 'own' : 'none'
  const connected = 'getMicroservices' in app ? (app as INestApplication).getMicroservices() : []
  if (connected.length === 0) return 'none'
  return connected.every((one) => inheritsConfig(one, config)) ? 'inherits' : 'does not inherit'
}
