import 'reflect-metadata'
import type { ExceptionFilter, NestInterceptor } from '@nestjs/common'
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core'

/**
 * Everything that relies on parts of Nest that its documentation does not promise, in one place and as little as
 * possible. `test/guard/nest-internals.spec.ts` fails where Nest has changed one of them, and names the versions that
 * they were tried on.
 */

/** Under this key `@UseGuards` keeps its guards, on a class or on the function of a handler. */
const GUARDS_METADATA = '__guards__'

/** Under this key `@EventPattern` and `@MessagePattern` of `@nestjs/microservices` keep which of the two they are. */
const PATTERN_HANDLER_METADATA = 'microservices:handler_type'
const EVENT_HANDLER = 2

/** Under this key `@Sse` marks the function of a handler. */
const SSE_METADATA = '__sse__'

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never
type Wrapper = NonNullable<ReturnType<NestModule['providers']['get']>>
type Token = Parameters<NestModule['providers']['get']>[0]

/** A provider as one module has it. */
export interface FoundProvider {
  readonly module: NestModule
  readonly wrapper: Wrapper
}

/**
 * What `@UseGuards` bound to a class or to a handler. Of a class these include the guards of its base classes: Nest
 * copies them, or finds them along the chain of constructors.
 */
export function boundGuards(target: object): readonly unknown[] {
  const guards: unknown = Reflect.getMetadata(GUARDS_METADATA, target)
  return Array.isArray(guards) ? guards : []
}

/** Whether a handler is one of `@Sse`, so that what it emits are server-sent events. */
export function isSseHandler(handler: object): boolean {
  return Reflect.getMetadata(SSE_METADATA, handler) === true
}

/** Whether a function that took a handler's place still has every guard that is bound to the handler. */
export function keepsGuards(replacement: object, handler: object): boolean {
  const kept = boundGuards(replacement)
  return boundGuards(handler).every((guard) => kept.includes(guard))
}

/** Whether a handler is one of `@EventPattern`: nobody waits for its answer. */
export function isEventHandler(handler: object): boolean {
  return Reflect.getMetadata(PATTERN_HANDLER_METADATA, handler) === EVENT_HANDLER
}

/** Every module's own provider under this token, wherever in the app it is. */
export function findProviders(modules: ModulesContainer, token: Token): FoundProvider[] {
  return [...modules.values()].flatMap((module) => {
    const wrapper = module.providers.get(token)
    return wrapper === undefined ? [] : [{ module, wrapper }]
  })
}

/** Every instance under this token: of providers, and of guards and the like that are bound by their class. */
export function findInstances(modules: ModulesContainer, token: Token): unknown[] {
  return [...modules.values()].flatMap(({ providers, injectables }) =>
    [providers.get(token), injectables.get(token)].flatMap((wrapper) =>
      wrapper === undefined ? [] : [wrapper.instance],
    ),
  )
}

/** Request-scoped or transient, by itself or through what it injects: there is no one instance to call. */
export function isScoped({ wrapper }: FoundProvider): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic()
}

/** Nest asks the last global filter first, so the app's own are asked before this one. */
export function addLastAskedFilter(config: ApplicationConfig, filter: ExceptionFilter): void {
  config.getGlobalFilters().unshift(filter)
}

/** Nest runs the first global interceptor outermost. */
export function addOutermostInterceptor(config: ApplicationConfig, interceptor: NestInterceptor): void {
  config.getGlobalInterceptors().unshift(interceptor)
}
