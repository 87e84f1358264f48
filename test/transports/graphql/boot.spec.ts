import { ApolloDriver } from '@nestjs/apollo'
import { Module, type Type, UseGuards } from '@nestjs/common'
import {
  GRAPHQL_MODULE_OPTIONS,
  GraphQLModule,
  Query,
  ResolveField,
  Resolver,
  ResolveReference,
} from '@nestjs/graphql'
import { beforeEach, describe, expect, it } from '@jest/globals'
import {
  Claims,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  RequireScopes,
} from '@nest-jwt-auth/core'
import { resolvedField } from '../../../packages/core/src/nest/nest-internals.js'
import { adapters, startApp } from '../../support/adapters.js'
import { SECRET } from '../../support/forge.js'
import { graphqlServers } from '../../support/graphql-servers.js'
import { logs } from '../../support/logs.js'
import { GuardedFieldResolver, Item, startItems } from './app.js'

beforeEach(() => logs.clear())

@Resolver(() => Item)
class OpenFields {
  @ResolveField(() => String)
  plain(@Claims('sub') sub: string) {
    return sub
  }
}

@Resolver(() => Item)
class FieldWithPolicy {
  @ResolveField(() => String)
  @RequireClaims({ is_admin: true })
  cost() {
    return '1'
  }
}

class DerivedFields extends FieldWithPolicy {}
Resolver(() => Item)(DerivedFields)

@Resolver(() => Item)
class GuardedField {
  @ResolveField(() => String)
  @UseGuards(JwtGuard)
  cost() {
    return '1'
  }
}

@Resolver(() => Item)
class OptionalField {
  @ResolveField(() => String)
  @OptionalAuth()
  cost() {
    return '1'
  }
}

@Resolver(() => Item)
@RequireScopes('items:read')
class ClassWithPolicy {
  @Query(() => Item)
  found(): Item {
    return { id: '1' }
  }

  @ResolveField(() => String)
  cost() {
    return '1'
  }
}

@Resolver(() => Item)
@RequireScopes('items:read')
class ClassWithPolicyAndOpenField {
  @Query(() => Item)
  found(): Item {
    return { id: '1' }
  }

  @ResolveField(() => String)
  @Public()
  cost() {
    return '1'
  }
}

@Resolver(() => Item)
@UseGuards(JwtGuard)
class GuardedClass {
  @Query(() => Item)
  found(): Item {
    return { id: '1' }
  }

  @ResolveField(() => String)
  cost() {
    return '1'
  }
}

const problem = (field: string) =>
  new RegExp(
    `${field.replace('.', '\\.')}: .*no guards.*fieldResolverEnhancers: \\['guards'\\].*@Public\\(\\)`,
  )

describe.each(graphqlServers)('an app on $name without guards for fields', (server) => {
  it.each<{ type: Type; field: string }>([
    { type: GuardedFieldResolver, field: 'GuardedFieldResolver.price' },
    { type: GuardedFieldResolver, field: 'GuardedFieldResolver.stock' },
    { type: FieldWithPolicy, field: 'FieldWithPolicy.cost' },
    { type: DerivedFields, field: 'DerivedFields.cost' },
    { type: GuardedField, field: 'GuardedField.cost' },
    { type: OptionalField, field: 'OptionalField.cost' },
    { type: ClassWithPolicy, field: 'ClassWithPolicy.cost' },
  ])('does not start with guards on $field', async ({ type, field }) => {
    await expect(startItems(server, { resolvers: [type] })).rejects.toThrow(problem(field))
    const graphql = { fieldResolverEnhancers: ['interceptors', 'filters'] }
    await expect(startItems(server, { graphql, resolvers: [type] })).rejects.toThrow(problem(field))
  })

  it.each([OpenFields, ClassWithPolicyAndOpenField, GuardedClass])('starts with %p', async (type) => {
    await expect(startItems(server, { resolvers: [type] })).resolves.toBeDefined()
  })
})

describe('the options of GraphQLModule', () => {
  const [express] = adapters
  const options = { driver: ApolloDriver, autoSchemaFile: true, playground: false }

  const start = (graphql: Parameters<typeof GraphQLModule.forRootAsync>[0], type: Type = ClassWithPolicy) =>
    startApp(express!, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET }), GraphQLModule.forRootAsync(graphql)],
      providers: [type],
    })

  it('are known where a factory makes them', async () => {
    await expect(start({ driver: ApolloDriver, useFactory: () => Promise.resolve(options) })).rejects.toThrow(
      problem('ClassWithPolicy.cost'),
    )
    const withGuards = { ...options, fieldResolverEnhancers: ['guards' as const] }
    await expect(
      start({ driver: ApolloDriver, useFactory: () => Promise.resolve(withGuards) }),
    ).resolves.toBeDefined()
  })

  it('are known where a class makes them', async () => {
    class Options {
      createGqlOptions() {
        return options
      }
    }
    await expect(start({ driver: ApolloDriver, useClass: Options })).rejects.toThrow(
      problem('ClassWithPolicy.cost'),
    )
  })

  it('count only for the modules that they include', async () => {
    @Module({ providers: [ClassWithPolicy] })
    class Guarded {}
    @Module({ providers: [GuardedClass] })
    class Unguarded {}
    const start = (first: Type, second: Type) =>
      startApp(express!, {
        imports: [
          JwtAuthModule.forRoot({ secret: SECRET }),
          Guarded,
          Unguarded,
          GraphQLModule.forRoot({
            ...options,
            path: '/a',
            include: [first],
            fieldResolverEnhancers: ['guards'],
          }),
          GraphQLModule.forRoot({ ...options, path: '/b', include: [second] }),
        ],
      })
    await expect(start(Guarded, Unguarded)).resolves.toBeDefined()
    await expect(start(Unguarded, Guarded)).rejects.toThrow(problem('ClassWithPolicy.cost'))
  })
})

describe('a context that is one object for all requests', () => {
  it.each(graphqlServers)('is a boot error on $name, unless the driver copies it', async (server) => {
    const starting = startItems(server, { graphql: { context: { shared: true } } })
    const started = await starting.then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({
          message: expect.stringMatching(/GraphQLModule\.context: .*context: \(\) =>/),
        })
        return false
      },
    )
    if (server.name === 'Mercurius') expect(started).toBe(false)
  })
})

describe("what is relied on of Nest's GraphQL", () => {
  it('is the token of its options', () => {
    expect(GRAPHQL_MODULE_OPTIONS).toBe('GqlModuleOptions')
  })

  it('is what its decorators write on methods', () => {
    @Resolver(() => Item)
    class Every {
      @Query(() => String)
      query() {}
      @ResolveField(() => String)
      field() {}
      @ResolveReference()
      reference() {}
      helper() {}
    }
    const answers = ['query', 'field', 'reference', 'helper'].map(
      (name) => resolvedField(Every, Reflect.get(Every.prototype, name) as object, name)?.isOperation,
    )
    expect(answers).toEqual([true, false, false, undefined])
  })
})
