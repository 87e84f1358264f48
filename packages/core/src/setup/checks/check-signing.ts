import type { KeyRing } from '../../keys/key-ring.js'
import type { JwtAuthOptions } from '../jwt-auth-options.js'
import type { CheckedExtras, CheckedOptions } from '../options/option-tables.js'
import type { Problems } from '../problems.js'

/**
 * Switches sessions off in an app that only verifies, unless it has the session store of the app that issues the
 * tokens.
 */
export function withoutSessionsToSign(
  options: CheckedOptions,
  { sessionStore }: CheckedExtras,
  keys: KeyRing | undefined,
): CheckedOptions {
  const isVerifying = keys !== undefined && !keys.canSign
  return isVerifying && sessionStore === undefined ? { ...options, refreshToken: false } : options
}

/** Reports what an app without a signing key cannot do. */
export function checkSigning(
  given: JwtAuthOptions,
  { endpoints, sessionStore }: CheckedExtras,
  keys: KeyRing | undefined,
  problems: Problems,
): void {
  if (keys === undefined || keys.canSign || problems.mentions('keys')) return
  for (const name of ['login', 'refresh'] as const) {
    if (endpoints[name] === false) continue
    problems.add(
      `endpoints.${name}`,
      'The route issues tokens, but the app has no key that can sign',
      'Leave the route out, or put a key with a privateKey, a secret or sign first in keys',
    )
  }
  if (typeof given.refreshToken === 'object' && sessionStore === undefined) {
    problems.add(
      'refreshToken',
      'The option is set, but an app without a key that can sign has no sessions of its own',
      'Remove it, or set sessionStore to the store of the app that issues the tokens',
    )
  }
}

/** Reports a key set that would be empty, or that another app has to publish. */
export function checkJwks({ endpoints }: CheckedExtras, keys: KeyRing | undefined, problems: Problems): void {
  if (!endpoints.jwks || keys === undefined) return
  if (!keys.canSign) {
    problems.add(
      'endpoints.jwks',
      'The route publishes the keys of an app that issues tokens, but the keys of the app can only verify',
      'Leave the route out: the app that issues the tokens publishes its keys',
    )
  } else if (!keys.canPublish) {
    problems.add(
      'endpoints.jwks',
      'The app has no public key to publish, only secrets',
      "Set keys to a key pair such as { algorithm: 'ES256', privateKey }, or keyRotation.algorithm to 'ES256', or leave the route out",
    )
  }
}
