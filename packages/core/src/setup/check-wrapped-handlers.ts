import type { ModulesContainer } from '@nestjs/core'
import { decoratedHandlers, isDecorated } from '../nest/decorators/route-metadata.js'
import type { Problems } from './problems.js'

/**
 * A decorator that puts another function in a handler's place takes what the decorators below it wrote out of the
 * route, guards and all. What would be open without a word is a boot error.
 */
export function checkWrappedHandlers(modules: ModulesContainer, problems: Problems): void {
  const types = [...modules.values()].flatMap((module) =>
    [...module.controllers.values(), ...module.providers.values()].map(({ metatype }) => metatype),
  )
  for (const type of new Set(types)) {
    const prototype: unknown = typeof type === 'function' ? type.prototype : undefined
    if (typeof prototype !== 'object' || prototype === null) continue
    for (const name of lostHandlers(prototype)) {
      problems.add(
        `${type?.name}.${name}`,
        'was replaced by a decorator that stands above @Public, @OptionalAuth, a policy or the like',
        'Write that decorator below ours, next to the method, or let it keep the metadata of what it wraps',
      )
    }
  }
}

/** The handlers whose function, as the class has it now, carries nothing of what was decorated. */
function lostHandlers(prototype: object): string[] {
  const lost: string[] = []
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    for (const name of decoratedHandlers(at)) {
      const value: unknown = Object.getOwnPropertyDescriptor(at, name)?.value
      if (typeof value === 'function' && !isDecorated(value)) lost.push(String(name))
    }
  }
  return lost
}
