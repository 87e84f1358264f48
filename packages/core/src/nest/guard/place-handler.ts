import 'reflect-metadata'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import { routeMetadata, type RouteTarget, writtenHandlers } from '../decorators/route-metadata.js'
import { keepsGuards } from '../nest-internals.js'

/** Which class declares a handler, and under which name. */
export interface HandlerPlace {
  /** The index of that class in the chain of classes: 0 is the controller that handles the request. */
  readonly level: number
  readonly name: string | symbol
}

interface Method extends HandlerPlace {
  readonly prototype: object
  readonly method: RouteTarget
}

/** The class and its base classes, nearest first. */
export function classChain(type: RouteTarget): readonly RouteTarget[] {
  const chain: RouteTarget[] = []
  let at: unknown = type
  while (typeof at === 'function' && at !== Function.prototype) {
    chain.push(at)
    at = Object.getPrototypeOf(at)
  }
  return chain
}

/**
 * Finds the method that a handler is, or wraps: tracing libraries hand Nest a function that calls the method and has a
 * copy of its metadata. `undefined`: it cannot be placed in these classes. Throws `handler_replaced` for a function that
 * lacks what our decorators wrote on the method, and for one that cannot be placed where they wrote on any method.
 */
export function placeHandler(
  classes: readonly RouteTarget[],
  handler: RouteTarget,
): HandlerPlace | undefined {
  const methods = classes.flatMap(ownMethods)
  const found = methods.find(({ method }) => method === handler) ?? wrappedMethod(methods, handler)
  const isReplaced =
    found === undefined
      ? classes.some(({ prototype }) => writtenHandlers(prototype as object).size > 0)
      : !hasWritten(found, handler)
  if (isReplaced) throw replaced(classes[0], handler)
  return found
}

/** Whether the handler has all that our decorators wrote on the method. */
function hasWritten({ prototype, name, method }: Method, handler: RouteTarget): boolean {
  const written = writtenHandlers(prototype).get(name)
  if (written === undefined) return method === handler || routeMetadata(method) === routeMetadata(handler)
  if (!written.isComplete) return false
  if (written.handler === handler) return true
  return written.metadata === routeMetadata(handler) && keepsGuards(handler, written.handler)
}

/** By its metadata, where it is a copy; else by its name. */
function wrappedMethod(methods: readonly Method[], handler: RouteTarget): Method | undefined {
  const namesakes = methods.filter(({ name }) => name === handler.name)
  return [...namesakes, ...methods].find(({ method }) => hasMetadataOf(handler, method)) ?? namesakes[0]
}

function hasMetadataOf(copy: RouteTarget, method: RouteTarget): boolean {
  const keys: unknown[] = Reflect.getOwnMetadataKeys(method)
  return (
    keys.length > 0 &&
    keys.every((key) => Reflect.getOwnMetadata(key, copy) === Reflect.getOwnMetadata(key, method))
  )
}

function ownMethods({ prototype }: RouteTarget, level: number): Method[] {
  const members = Object.getOwnPropertyDescriptors(prototype as object)
  return Reflect.ownKeys(members).flatMap((name) => {
    const method: unknown = name === 'constructor' ? undefined : Reflect.get(members, name)?.value
    return typeof method === 'function' ? [{ level, name, prototype: prototype as object, method }] : []
  })
}

function replaced(type: RouteTarget | undefined, handler: RouteTarget): JwtAuthUsageError {
  return new JwtAuthUsageError(
    'handler_replaced',
    `${type?.name}.${handler.name}: The function replaced a handler and lacks the metadata that decorators of this library ` +
      'wrote on the handler, so the call is refused. Do not assign handlers in a constructor ' +
      '(`this.list = this.list.bind(this)`). A function that wraps a handler must copy its metadata.',
  )
}
