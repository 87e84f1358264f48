import type { Provider } from '@nestjs/common'
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core'
import type { JwtAuthExtras } from './jwt-auth-options.js'
import { EXTRAS, MODULE_OPTIONS_TOKEN } from './jwt-auth.module-definition.js'
import { Problems } from './problems.js'

/** What the module is built from: Nest's own parts, and the extras of `forRoot`. */
export interface ModuleInputs {
  readonly modules: ModulesContainer
  readonly config: ApplicationConfig
  readonly adapterHost: HttpAdapterHost
  readonly extras: JwtAuthExtras
}

export const MODULE_INPUTS = Symbol('nest-jwt-auth:inputs')

/** Everything of the module depends on this, so what would puzzle Nest is reported here first. */
export const inputProviders: readonly Provider[] = [
  // `forRoot` provides its own under these tokens. A bare `imports: [JwtAuthModule]` leaves these.
  { provide: EXTRAS, useValue: undefined },
  { provide: MODULE_OPTIONS_TOKEN, useValue: undefined },
  {
    provide: MODULE_INPUTS,
    useFactory: collectInputs,
    inject: [
      { token: ModulesContainer, optional: true },
      { token: ApplicationConfig, optional: true },
      { token: HttpAdapterHost, optional: true },
      EXTRAS,
    ],
  },
]

function collectInputs(
  modules: ModulesContainer | undefined,
  config: ApplicationConfig | undefined,
  adapterHost: HttpAdapterHost | undefined,
  extras: JwtAuthExtras | undefined,
): ModuleInputs {
  const problems = new Problems()
  if (extras === undefined) {
    problems.add(
      'JwtAuthModule',
      'The module is imported without options: `imports: [JwtAuthModule]`',
      'Write `JwtAuthModule.forRoot({ ... })` in the root module, and remove it from the imports of other modules: it is global',
    )
    problems.throwIfAny()
  }
  if (modules !== undefined && config !== undefined && adapterHost !== undefined && extras !== undefined) {
    // The extras may hold a secret, of a store for example: not enumerable, so nothing that is printed or serialized has it.
    return Object.defineProperty({ modules, config, adapterHost, extras }, 'extras', { enumerable: false })
  }
  problems.add(
    '@nestjs/core',
    'The app and @nest-jwt-auth/core use different copies of this package',
    'List the copies with `npm ls @nestjs/core @nestjs/common`, and install one version that fits all packages',
  )
  throw problems.toError()
}
