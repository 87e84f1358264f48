import type { ModulesContainer } from '@nestjs/core'

type Module = ModulesContainer extends Map<string, infer M> ? M : never
export type Wrapper = NonNullable<ReturnType<Module['providers']['get']>>

/** A provider as one module has it. */
export interface FoundProvider {
  readonly module: Module
  readonly wrapper: Wrapper
}

/** Every module's own provider under this token, wherever in the app it is. */
export function findProviders(
  modules: ModulesContainer,
  token: Parameters<Module['providers']['get']>[0],
): FoundProvider[] {
  return [...modules.values()].flatMap((module) => {
    const wrapper = module.providers.get(token)
    return wrapper === undefined ? [] : [{ module, wrapper }]
  })
}

/** Request-scoped or transient, by itself or through what it injects: there is no one instance to call. */
export function isScoped({ wrapper }: FoundProvider): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic()
}
