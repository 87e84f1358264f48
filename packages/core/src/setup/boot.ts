import { Logger } from '@nestjs/common'
import type { AppProviders } from './app-providers.js'
import { bootWarnings } from './boot-warnings.js'
import { checkEndpoints } from './check-endpoints.js'
import { checkSessionStore } from './check-session-store.js'
import type { JwtAuthExtras, JwtAuthOptions } from './jwt-auth-options.js'
import { readableOptions, refuseUnknown } from './known-options.js'
import { Problems } from './problems.js'
import { resolveOptions } from './resolve-options.js'
import type { Settings } from './settings.js'

/** Checks everything once, before anything else of the module is built. Throws one `JwtAuthConfigError` with all that is wrong. */
export async function boot(
  options: JwtAuthOptions,
  extras: JwtAuthExtras,
  app: AppProviders,
): Promise<Settings> {
  const problems = new Problems()
  if (typeof options !== 'object' || options === null) {
    problems.add(
      'forRootAsync',
      'has a factory that returns no options',
      'Return an object with at least a secret',
    )
    problems.throwIfAny()
  }
  refuseUnknown(options, extras, problems)
  app.checkGraph(problems)
  checkEndpoints(options, extras, problems)
  checkSessionStore(options, extras, problems)
  const settings = await resolveOptions(readableOptions(options), problems)
  problems.throwIfAny()
  for (const warning of bootWarnings(options)) new Logger('JwtAuth').warn(warning)
  return settings as Settings
}
