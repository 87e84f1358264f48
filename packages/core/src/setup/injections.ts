import { LazyModuleLoader, ModuleRef, type ModulesContainer } from '@nestjs/core'
import type { Wrapper } from './provider-search.js'

/** By these a class may come to have anything, later. */
const ANYTHING: readonly unknown[] = [ModuleRef, LazyModuleLoader]

/** Whether this provider or controller injects `token`, or what may give it. */
export function injects(wrapper: Wrapper, token: unknown): boolean {
  const wanted = isIdleModule(wrapper) ? [token] : [token, ...ANYTHING]
  return dependenciesOf(wrapper).some((dependency) => wanted.includes(dependency.token))
}

/** What injects one of `those`, and what injects that, and so on; not by way of what has a token of `stops`. */
export function injectorsOf(
  those: readonly Wrapper[],
  all: readonly Wrapper[],
  stops: readonly unknown[],
): ReadonlySet<Wrapper> {
  const injectors = new Map<Wrapper, Wrapper[]>()
  for (const wrapper of all) {
    for (const dependency of dependenciesOf(wrapper)) {
      if (stops.includes(dependency.token)) continue
      const known = injectors.get(dependency)
      if (known === undefined) injectors.set(dependency, [wrapper])
      else known.push(wrapper)
    }
  }
  return closure(those, (wrapper) => injectors.get(wrapper) ?? [])
}

/** These, what they inject, what that injects, and so on. */
export function injectedBy(those: readonly Wrapper[]): ReadonlySet<Wrapper> {
  return closure(those, dependenciesOf)
}

/** All that is built with the app. */
export function builtWrappers(modules: ModulesContainer): Wrapper[] {
  return wrappersIn(modules, 'providers', 'controllers', 'injectables')
}

/** Classes of middleware: there when routes are made, and not before. */
export function middlewareWrappers(modules: ModulesContainer): Wrapper[] {
  return wrappersIn(modules, 'middlewares')
}

export function controllerWrappers(modules: ModulesContainer): Wrapper[] {
  return wrappersIn(modules, 'controllers')
}

type Kind = 'providers' | 'controllers' | 'injectables' | 'middlewares'

function wrappersIn(modules: ModulesContainer, ...kinds: readonly Kind[]): Wrapper[] {
  const found: Wrapper[] = []
  for (const module of modules.values()) for (const kind of kinds) found.push(...module[kind].values())
  return found
}

/** Tells when somebody takes the provider by hand: `app.get()`, `moduleRef.get()`. */
export function onTaken(wrapper: Wrapper, tell: () => void): void {
  const prototype = Object.getPrototypeOf(wrapper) as Wrapper
  Object.defineProperty(wrapper, 'instance', {
    configurable: true,
    get: () => {
      tell()
      const instance: unknown = Reflect.get(prototype, 'instance', wrapper)
      return instance
    },
    set: (instance: unknown) => Reflect.set(prototype, 'instance', instance, wrapper),
  })
}

function closure(from: readonly Wrapper[], next: (wrapper: Wrapper) => readonly Wrapper[]): Set<Wrapper> {
  const found = new Set(from)
  for (const wrapper of found) for (const other of next(wrapper)) found.add(other)
  return found
}

/** What Nest has found out while it built the app: parameters, properties, and what is bound to a controller. */
function dependenciesOf(wrapper: Wrapper): readonly Wrapper[] {
  const properties = wrapper.getPropertiesMetadata() ?? []
  return [
    ...(wrapper.getCtorMetadata() ?? []),
    ...properties.map((property) => property.wrapper),
    ...(wrapper.getEnhancersMetadata() ?? []),
  ].filter((found) => found !== undefined)
}

/** Modules of database libraries and the like have a ModuleRef, and take nothing with it once the app is built. */
function isIdleModule({ metatype, host }: Wrapper): boolean {
  if (host === undefined || metatype !== host.metatype) return false
  const prototype = Object(metatype?.prototype) as object
  return !('onModuleInit' in prototype || 'onApplicationBootstrap' in prototype || 'configure' in prototype)
}
