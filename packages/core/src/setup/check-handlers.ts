import type { ModulesContainer } from '@nestjs/core'
import { type RouteTarget, routeMetadata, writtenHandlers } from '../nest/decorators/route-metadata.js'
import { bareOverrides, isReplacedClass, replacedHandlers } from '../nest/guard/inspect-handlers.js'
import { classChain } from '../nest/guard/place-handler.js'
import type { Problems } from './problems.js'

/** Reports each handler that lost the metadata of our decorators: it would be reachable without a token. */
export function checkHandlers(modules: ModulesContainer, problems: Problems): void {
  for (const type of classesOf(modules)) {
    if (isReplacedClass(type)) {
      problems.add(
        type.name,
        'Another decorator replaced this class with a function, and only one of the two has the guards, policies or other metadata of this library',
        'Let that decorator return a class that extends the original, or copy its metadata',
      )
    }
    for (const name of replacedHandlers(type)) {
      problems.add(
        `${type.name}.${name}`,
        'Another decorator replaced the function of this handler, so the metadata of the decorators of this library is lost',
        'Write that decorator below the decorators of this library, next to the method, or make it copy the metadata of the function that it wraps',
      )
    }
  }
}

/** Reports routes with `@UseRefreshToken()` in an app without refresh tokens: they could never be called. */
export function checkRefreshRoutes(modules: ModulesContainer, problems: Problems): void {
  for (const path of new Set(classesOf(modules).flatMap(refreshRoutes))) {
    problems.add(
      path,
      '@UseRefreshToken() needs refresh tokens, but this app has none',
      'Remove the decorator, or set the option refreshToken',
    )
  }
}

/** The classes that have the decorator themselves, and the handlers that have it. */
function refreshRoutes(type: RouteTarget): string[] {
  const chain = classChain(type)
  const classes = chain.filter((at) => routeMetadata(at).refresh === true).map(({ name }) => name)
  const handlers = chain.flatMap(({ name: owner, prototype }) =>
    [...writtenHandlers(prototype as object)]
      .filter(([, { metadata }]) => metadata.refresh === true)
      .map(([name]) => `${owner}.${String(name)}`),
  )
  return [...classes, ...handlers]
}

/** One line for each method that overrides a method with policies: an overriding method does not inherit them. */
export function handlerWarnings(modules: ModulesContainer): readonly string[] {
  const lines = classesOf(modules).flatMap((type) =>
    bareOverrides(type).map(
      ({ type: { name: own }, base, name }) =>
        `${own}.${name} overrides ${base.name}.${name} and does not inherit its policies. ` +
        'Repeat the policies on the overriding method. If it must be open, write @Public() or @OptionalAuth() on it.',
    ),
  )
  return [...new Set(lines)]
}

/** The classes of all controllers and providers: gateways, resolvers and consumers are providers. */
function classesOf(modules: ModulesContainer): readonly RouteTarget[] {
  const types = [...modules.values()].flatMap((module) =>
    [...module.controllers.values(), ...module.providers.values()].map(({ metatype }) => metatype),
  )
  return [...new Set(types)].filter(
    (type): type is NonNullable<typeof type> =>
      typeof type === 'function' && typeof type.prototype === 'object' && type.prototype !== null,
  )
}
