import type { ApplicationConfig, ModulesContainer } from '@nestjs/core'
import { isJwtGuard } from '../guard/jwt.guard.js'
import { StandInGuard } from '../guard/stand-in.guard.js'
import { appGuards, graphqlOptions, runsGlobalGuardsOnGateways } from '../nest-internals.js'
import type { HandlerKind } from './find-handlers.js'

/** How the messages of this app get to it. `unknown`: by a microservice that may or may not inherit its configuration. */
export type MessageDelivery = 'none' | 'own' | 'inherits' | 'does not inherit' | 'unknown'

export interface GlobalGuard {
  /** A class or an instance. */
  readonly guard: unknown
  readonly by: 'APP_GUARD' | 'useGlobalGuards'
}

/** Which guards Nest runs before a handler. */
export interface RunningGuards {
  /** Whether it runs those of `@UseGuards`. */
  readonly runsBound: boolean
  readonly global: readonly GlobalGuard[]
  /** Why some are not run. */
  readonly reason?: string
}

/** The guard of this library: the class, a subclass, an instance, or what a test put in its place. */
export function isOurs(guard: unknown): boolean {
  return isJwtGuard(guard) || guard instanceof StandInGuard
}

/** The global guards of an app: those that its modules provide, then those of `useGlobalGuards`. */
export function globalGuards(modules: ModulesContainer, config: ApplicationConfig): GlobalGuard[] {
  const provided = appGuards(modules).filter((guard) => guard !== undefined)
  const isProvided = (guard: unknown): boolean =>
    provided.some((one) => one === guard || (typeof one === 'function' && guard instanceof one))
  const added = config.getGlobalGuards().filter((guard: unknown) => guard && !isProvided(guard))
  return [
    ...provided.map((guard) => ({ guard, by: 'APP_GUARD' as const })),
    ...added.map((guard) => ({ guard, by: 'useGlobalGuards' as const })),
  ]
}

/** Which guards Nest runs before the handlers of each kind. */
export function runningGuards(
  modules: ModulesContainer,
  config: ApplicationConfig,
  messages: MessageDelivery,
): Readonly<Record<HandlerKind, RunningGuards>> {
  const all: RunningGuards = { runsBound: true, global: globalGuards(modules, config) }
  return {
    http: all,
    operation: all,
    field: runsGuardsOnFields(modules)
      ? all
      : {
          runsBound: false,
          global: [],
          reason: "Nest runs guards on fields only with fieldResolverEnhancers: ['guards']",
        },
    ws: runsGlobalGuardsOnGateways(config)
      ? all
      : { runsBound: true, global: [], reason: 'Nest 11 runs no global guards on gateways' },
    rpc:
      messages === 'own' || messages === 'inherits'
        ? all
        : { runsBound: true, global: [], reason: REASONS[messages] },
  }
}

const REASONS: Readonly<Record<Exclude<MessageDelivery, 'own' | 'inherits'>, string>> = {
  none: 'No microservice is connected yet. It will run the global guards only with { inheritAppConfig: true }',
  'does not inherit': 'The microservice was connected without { inheritAppConfig: true }',
  unknown:
    'A microservice runs the global guards of the app only if it was connected with { inheritAppConfig: true }, which routeAudit(app) can see, but not the module at boot',
}

/** Every GraphQL module must say so: which of them serves a resolver is not known here. */
function runsGuardsOnFields(modules: ModulesContainer): boolean {
  const options = graphqlOptions(modules)
  return options.every((one) => {
    const enhancers: unknown = one && Reflect.get(one, 'fieldResolverEnhancers')
    return Array.isArray(enhancers) && enhancers.includes('guards')
  })
}

/** How many microservices serve the handlers of an app by now. */
export function rpcTargets(modules: ModulesContainer): number {
  let count = 0
  modules
    .getRpcTargetRegistry()
    .subscribe(() => count++)
    .unsubscribe()
  return count
}
