import type { DynamicModule, Provider } from '@nestjs/common'
import { FORMS } from './extra-sources.js'
import { MODULE_OPTIONS_TOKEN } from './jwt-auth.module-definition.js'
import { Problems } from './problems.js'

const WAYS = ['useFactory', 'useClass', 'useExisting'] as const
const EXPECTED = {
  useFactory: 'a function',
  useClass: 'a class',
  useExisting: 'the token of a provider',
} as const
const EXAMPLE =
  "Write useFactory: (config: ConfigService) => ({ secret: config.get('JWT_SECRET') }) with inject: [ConfigService], for example"

/**
 * What `forRootAsync` defines. Reports a factory that is missing or unusable, because Nest would throw an unrelated error
 * for it.
 */
export function withFactory(options: object, define: () => DynamicModule): DynamicModule {
  const way = checkFactory(options)
  const definition = define()
  if (way === 'useFactory') return definition
  return { ...definition, providers: (definition.providers ?? []).map((provider) => checked(provider, way)) }
}

function checkFactory(options: object): (typeof WAYS)[number] {
  const problems = new Problems()
  const [way, ...others] = WAYS.filter((name) => Reflect.get(options, name) !== undefined)
  const inject: unknown = Reflect.get(options, 'inject')
  if (way === undefined) {
    problems.add('forRootAsync', 'None of useFactory, useClass and useExisting is set', EXAMPLE)
  } else if (others.length > 0) {
    problems.add('forRootAsync', `Both ${[way, ...others].join(' and ')} are set`, 'Set exactly one of them')
  } else if (!FORMS[way](Reflect.get(options, way))) {
    problems.add(way, `The value must be ${EXPECTED[way]}`, EXAMPLE)
  }
  if (inject !== undefined && !Array.isArray(inject)) {
    problems.add('inject', 'The value must be an array', 'Write inject: [ConfigService], for example')
  }
  problems.throwIfAny()
  return way ?? 'useFactory'
}

/** Nest calls the method of the class without looking whether there is one. */
function checked(provider: Provider, way: string): Provider {
  if (typeof provider !== 'object' || provider.provide !== MODULE_OPTIONS_TOKEN) return provider
  if (!('useFactory' in provider)) return provider
  const useFactory = (factory: unknown): unknown => {
    const problems = new Problems()
    if (typeof Object(factory).createJwtAuthOptions !== 'function') {
      problems.add(
        way,
        'What is provided has no method createJwtAuthOptions',
        'Let its class implement JwtAuthOptionsFactory',
      )
    }
    problems.throwIfAny()
    return provider.useFactory(factory)
  }
  return { ...provider, useFactory }
}
