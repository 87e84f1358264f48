import type { ModulesContainer } from '@nestjs/core'
import { routeMetadata, type RouteTarget } from '../../nest/decorators/route-metadata.js'
import { isJwtGuard } from '../../nest/guard/jwt.guard.js'
import { classChain } from '../../nest/guard/place-handler.js'
import { readRoute } from '../../nest/guard/read-route.js'
import {
  boundGuards,
  findGraphqlSetups,
  type GraphqlSetup,
  resolvedField,
} from '../../nest/nest-internals.js'
import type { Problems } from '../problems.js'

/** Reports what makes `GraphQLModule` go around the guard. */
export function checkGraphql(modules: ModulesContainer, problems: Problems): void {
  const setups = findGraphqlSetups(modules)
  for (const { options, copiesContext } of setups) {
    if (!copiesContext && typeof options.context === 'object' && options.context !== null) {
      problems.add(
        'GraphQLModule.context',
        'The option is one object that all requests share, so a resolver can see the request of another caller',
        'Write a function that returns a new object, such as context: () => ({ ... })',
      )
    }
  }
  const unguarded = setups.filter(
    ({ options }) => options.fieldResolverEnhancers?.includes('guards') !== true,
  )
  for (const path of new Set(unguarded.flatMap(closedFields))) {
    problems.add(
      path,
      'Guards decide who may read this field, but Nest runs no guards for fields of types',
      "Write fieldResolverEnhancers: ['guards'] in the options of GraphQLModule. If the field may be read by everyone who gets the object, write @Public() on it",
    )
  }
}

function closedFields({ modules }: GraphqlSetup): string[] {
  const types = modules.flatMap(({ providers }) => [...providers.values()].map(({ metatype }) => metatype))
  return types.flatMap((type) =>
    typeof type === 'function'
      ? fieldsOf(type)
          .filter((field) => isClosed(type, field))
          .map((field) => `${type.name}.${field.name}`)
      : [],
  )
}

/** The methods that answer fields of types, not operations. */
function fieldsOf(type: RouteTarget): RouteTarget[] {
  const methods = new Map<string | symbol, RouteTarget>()
  for (const { prototype } of classChain(type).toReversed()) {
    const members = Object.getOwnPropertyDescriptors((prototype ?? {}) as object)
    for (const name of Reflect.ownKeys(members)) {
      const { value } = Reflect.get(members, name) as { readonly value?: unknown }
      if (typeof value === 'function') methods.set(name, value)
      else methods.delete(name)
    }
  }
  return [...methods]
    .filter(([name, method]) => resolvedField(type, method, String(name))?.isOperation === false)
    .map(([, method]) => method)
}

/** Whether the field, or a policy of its class, says who may read it. A bare guard on the class is for the operations. */
function isClosed(type: RouteTarget, field: RouteTarget): boolean {
  const { access, policies } = readRoute(type, field)
  if (access === 'public') return false
  const own = routeMetadata(field)
  return (
    policies.length > 0 ||
    own.public === false ||
    own.optional === true ||
    own.refresh === true ||
    boundGuards(field).some(isJwtGuard)
  )
}
