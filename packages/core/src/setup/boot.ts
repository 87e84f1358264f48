import { Logger } from '@nestjs/common'
import { makeCookieSettings } from '../cookies/cookie-settings.js'
import type { AppProviders } from './app-providers.js'
import { bootWarnings } from './boot-warnings.js'
import { checkCookies, checkCsrf, checkCsrfSecret } from './checks/check-cookies.js'
import { checkIssuers } from './checks/check-issuers.js'
import { checkEndpoints } from './checks/check-endpoints.js'
import { checkKeyRotation } from './checks/check-key-rotation.js'
import { checkAccessLifetime } from './checks/check-lifetimes.js'
import { checkJwks, checkSigning, withoutSessionsToSign } from './checks/check-signing.js'
import { checkSessionStore } from './checks/check-session-store.js'
import type { JwtAuthExtras, JwtAuthOptions } from './jwt-auth-options.js'
import { makeSettings } from './make-settings.js'
import { readKeys } from './read-keys.js'
import { readLegacyTokens } from './read-legacy-tokens.js'
import { readOptions } from './options/read-options.js'
import { Problems } from './problems.js'
import type { Settings } from './settings.js'

/**
 * Turns the options into frozen settings, once, before anything else of the module is built. Throws one
 * `JwtAuthConfigError` that lists everything that is wrong, in this order. `now` is in milliseconds.
 */
export async function boot(
  givenOptions: JwtAuthOptions,
  givenExtras: JwtAuthExtras,
  app: AppProviders,
  now: number,
): Promise<Settings> {
  const problems = new Problems()
  if (typeof givenOptions !== 'object' || givenOptions === null) {
    problems.add(
      'forRootAsync',
      'The factory must return an object',
      'Return an object that sets at least `secret` or `keys`',
    )
    problems.throwIfAny()
  }
  const { options: read, extras } = readOptions(givenOptions, givenExtras, problems)
  // Only own members count: a Map, for example, inherits a member called `keys`.
  const given: JwtAuthOptions = { ...givenOptions }
  const keys = await readKeys(given, read, problems)
  const legacy = await readLegacyTokens(given, read, keys, now, problems)
  const options = withoutSessionsToSign(read, extras, keys)
  const cookies = makeCookieSettings({
    ...options.cookies,
    doubleSubmit: options.csrf.doubleSubmit,
    inUse: options.locations.includes('cookie'),
  })
  await checkIssuers(options, problems)
  checkSigning(given, extras, keys, problems)
  checkJwks(extras, keys, problems)
  checkAccessLifetime(options, problems)
  checkKeyRotation(given, options, extras, problems)
  checkCookies(given, options, cookies, problems)
  checkCsrf(given, cookies, problems)
  checkCsrfSecret(options, keys, problems)
  checkEndpoints(given, options, extras, problems)
  checkSessionStore(options, extras, problems)
  app.checkGraph(options.refreshToken !== false, problems)
  problems.throwIfAny()
  if (keys === undefined) throw new TypeError('There are no keys, and no problem was reported.')

  for (const warning of [...bootWarnings(options, extras, now), ...app.warnings()])
    new Logger('JwtAuth').warn(warning)
  return makeSettings(options, keys, cookies, legacy)
}
