import { ConfigurableModuleBuilder, type Provider } from '@nestjs/common'
import { AUDIT_GUARDS, PUBLISHES_KEYS } from '../nest/audit/route-audit.js'
import { endpointControllers } from '../nest/endpoints/endpoint-controller.js'
import { providersOfExtras } from './extra-sources.js'
import type { JwtAuthExtras, JwtAuthOptions } from './jwt-auth-options.js'

/** Under this token the module has its extras: what shapes the module graph. */
export const EXTRAS = Symbol('nest-jwt-auth:extras')

const NO_EXTRAS: JwtAuthExtras = {
  isGlobal: true,
  claimsLoader: undefined,
  identityLoader: undefined,
  sessionStore: undefined,
  keyStore: undefined,
  endpoints: undefined,
  requestContext: false,
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<JwtAuthOptions>()
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createJwtAuthOptions')
    .setExtras(NO_EXTRAS, (definition, extras) => ({
      ...definition,
      global: extras.isGlobal ?? true,
      controllers: endpointControllers(extras.endpoints ?? {}),
      providers: [
        ...(definition.providers ?? []).map(concealed),
        { provide: EXTRAS, useFactory: () => besides(extras, definition.providers) },
        { provide: AUDIT_GUARDS, useValue: declaredGuards(definition.providers) },
        { provide: PUBLISHES_KEYS, useValue: extras.endpoints?.jwks === true },
        ...providersOfExtras(extras),
      ],
    }))
    .build()

/** The options of `forRoot`; `undefined` if a factory returns them. */
function givenOptions(providers: readonly Provider[] = []): JwtAuthOptions | undefined {
  const options = providers.find(
    (provider) => typeof provider === 'object' && provider.provide === MODULE_OPTIONS_TOKEN,
  )
  return typeof options === 'object' && 'useValue' in options
    ? (options.useValue as JwtAuthOptions)
    : undefined
}

/** The extras of `forRoot` without the options, among which Nest mixes them; or all that is set next to a factory. */
function besides(given: JwtAuthExtras, providers: readonly Provider[] | undefined): JwtAuthExtras {
  const options = givenOptions(providers)
  if (options === undefined) return given
  return Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(options, name)))
}

/** `undefined` if a factory returns the options, because factories do not run in a preview. */
function declaredGuards(providers: readonly Provider[] | undefined): readonly unknown[] | undefined {
  const options = givenOptions(providers)
  if (options === undefined) return undefined
  const { audit } = options
  const guards = typeof audit === 'object' && audit !== null ? audit.guards : undefined
  return Array.isArray(guards) ? guards : []
}

/** Values may hold secrets, and a module definition is easily printed: behind a function they are not. */
function concealed(provider: Provider): Provider {
  return typeof provider === 'object' && 'useValue' in provider
    ? { provide: provider.provide, useFactory: (): unknown => provider.useValue }
    : provider
}
