import { applyDecorators, UseFilters, UseGuards } from '@nestjs/common'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import { replacedHandlerGuard } from '../guard/replaced-handler.guard.js'
import { JwtGuard } from '../guard/jwt.guard.js'
import { boundGuards } from '../nest-internals.js'
import { retriedEventFilter } from '../transports/dropped-event.js'
import {
  extendedMetadata,
  type RouteMetadata,
  routeMetadata,
  type RouteTarget,
  writeOnClass,
  writeOnHandler,
} from './route-metadata.js'

export type RouteDecorator = ClassDecorator & MethodDecorator

/** Where a decorator binds `JwtGuard` too. */
type BindsGuard = 'never' | 'on handlers' | 'always'

/**
 * Makes a decorator for a class or a handler that adds to what is written there. On a handler it also binds a guard to
 * the class, which refuses a function that took the handler's place on an instance.
 */
export function routeDecorator(
  add: (current: RouteMetadata) => RouteMetadata,
  bindsGuard: BindsGuard = 'never',
): RouteDecorator {
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (name === undefined) {
      decorateClass(target as RouteTarget)
    } else if (typeof target === 'object' && typeof descriptor?.value === 'function') {
      decorateHandler(target, name, descriptor)
    } else {
      throw notAHandler(target, name)
    }
  }

  function decorateClass(type: RouteTarget): void {
    const metadata = extendedMetadata(type, add(routeMetadata(type)))
    refuseContradiction(metadata, type.name)
    writeOnClass(type, metadata)
    if (bindsGuard === 'always') bindGuard(type)
  }

  function decorateHandler(prototype: object, name: string | symbol, descriptor: PropertyDescriptor): void {
    const handler = descriptor.value as RouteTarget
    const metadata = extendedMetadata(handler, add(routeMetadata(handler)))
    refuseContradiction(metadata, nameOf(prototype, name))
    writeOnHandler(prototype, name, handler, metadata)
    if (bindsGuard !== 'never') bindGuard(prototype, name, descriptor)
    const type = prototype.constructor
    if (!boundGuards(type).includes(replacedHandlerGuard)) UseGuards(replacedHandlerGuard)(type)
  }
}

const bindGuard: RouteDecorator = applyDecorators(UseGuards(JwtGuard), UseFilters(retriedEventFilter))

function refuseContradiction(metadata: RouteMetadata, target: string): void {
  const { optional, refresh, closesAtExpiry, policies } = metadata
  const isGuarded = optional === true || refresh === true || closesAtExpiry === true || policies !== undefined
  if (metadata.public !== true || !isGuarded) return
  throw new JwtAuthUsageError(
    'decorator_invalid',
    `@Public() on ${target} contradicts @OptionalAuth, @UseRefreshToken, @CloseAtExpiry or a policy on the same target. Remove one of them.`,
  )
}

function notAHandler(target: object, name: string | symbol): JwtAuthUsageError {
  return new JwtAuthUsageError(
    'decorator_invalid',
    `${nameOf(target, name)} is a property or a static method, which Nest never calls as a handler. ` +
      'Write the decorator on a method of the class, or on the class.',
  )
}

function nameOf(target: object, name: string | symbol): string {
  return `${(typeof target === 'function' ? target : target.constructor).name}.${String(name)}`
}
