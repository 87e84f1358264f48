import type { ExecutionContext, INestApplicationContext } from '@nestjs/common'
import type { CookieSettings } from '../cookies/cookie-settings.js'
import { RefusalPresenter } from '../nest/filter/refusal-presenter.js'
import type { EndpointRoutes } from '../nest/endpoints/endpoint-routes.js'
import type { LocationOption } from '../request/locate/locations.js'
import { AppProviders } from '../setup/app-providers.js'
import { partOf } from '../setup/describe-settings.js'
import { MODULE_INPUTS, type ModuleInputs } from '../setup/module-inputs.js'
import { type Settings, SETTINGS } from '../setup/settings.js'

/** What a document says about an app, beyond its handlers. */
export interface AppFacts {
  readonly locations: readonly LocationOption<ExecutionContext>[]
  readonly cookies: CookieSettings
  readonly doubleSubmit: boolean
  readonly endpoints: EndpointRoutes
  /** Whether there are sessions, so that issuing, refreshing and revoking ask the store. */
  readonly hasSessions: boolean
  /** Whether the store is asked about tokens. Tokens of other issuers are not in it. */
  readonly checksSessions: boolean
  /** Whether verifying may fail because keys cannot be fetched or read. */
  readonly keysCanBeOut: boolean
  /** Whether signing may fail: with keys from a key store, or a key outside this process. */
  readonly signerCanBeOut: boolean
  /** Whether the public keys are in a key store, and can be missing. */
  readonly keysRotate: boolean
  readonly hasIdentityLoader: boolean
  /** Whether an option asks for the identity on every request. */
  readonly alwaysLoadsIdentity: boolean
  /** Whether refusals have the body of this library, and not one of the app's `AuthErrorPresenter`. */
  readonly hasUsualRefusals: boolean
}

/** Throws a TypeError if the app does not import `JwtAuthModule`, or is a preview. */
export function factsOf(app: INestApplicationContext): AppFacts {
  const settings = partOf<Settings>(app, SETTINGS)
  const providers = partOf<AppProviders>(app, AppProviders)
  const { endpoints = {} } = partOf<ModuleInputs>(app, MODULE_INPUTS).extras
  const { keys, rotation, sessions, legacy, foreign } = settings
  const hasSessions = sessions !== undefined
  return {
    locations: settings.locations.map(({ option }) => option),
    cookies: settings.cookies,
    doubleSubmit: settings.csrf.doubleSubmit !== undefined,
    endpoints,
    hasSessions,
    checksSessions: hasSessions && (!keys.isEmpty || legacy !== undefined),
    keysCanBeOut: rotation !== undefined || foreign.some(({ options }) => options.keys === undefined),
    signerCanBeOut: rotation !== undefined || (keys.canSign && !keys.canMac),
    keysRotate: rotation !== undefined,
    hasIdentityLoader: providers.identityLoader() !== undefined,
    alwaysLoadsIdentity: settings.attachIdentityAs !== undefined,
    hasUsualRefusals: providers.presenter() instanceof RefusalPresenter,
  }
}
