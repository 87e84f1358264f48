import { LazyModuleLoader, ModuleRef } from '@nestjs/core'
import type { Wrapper } from './provider-search.js'

/** By these a class may come to have anything, later. */
const ANYTHING: readonly unknown[] = [ModuleRef, LazyModuleLoader]

/** Whether this provider or controller injects `token` itself, or what may give it. */
export function injects(wrapper: Wrapper, token: unknown): boolean {
  const wanted = isModule(wrapper) ? [token] : [token, ...ANYTHING]
  return dependenciesOf(wrapper).some((dependency) => wanted.includes(dependency.token))
}

/** Whether it does so itself, or anything that it injects does. */
export function reaches(wrapper: Wrapper, token: unknown): boolean {
  const known = new Set([wrapper])
  for (const found of known) {
    if (injects(found, token)) return true
    for (const dependency of dependenciesOf(found)) known.add(dependency)
  }
  return false
}

/** Tells when somebody takes the provider by hand: `app.get()`, `moduleRef.get()`. */
export function onTaken(wrapper: Wrapper, tell: () => void): void {
  const prototype = Object.getPrototypeOf(wrapper) as object
  Object.defineProperty(wrapper, 'instance', {
    configurable: true,
    get: () => {
      tell()
      return Reflect.get(prototype, 'instance', wrapper) as unknown
    },
    set: (instance: unknown) => Reflect.set(prototype, 'instance', instance, wrapper),
  })
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

/** Modules of database libraries and the like have a ModuleRef to set themselves up. */
function isModule({ metatype, host }: Wrapper): boolean {
  return host !== undefined && metatype === host.metatype
}
