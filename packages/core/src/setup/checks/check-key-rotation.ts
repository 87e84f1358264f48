import { NEW_SECRET } from '../../keys/import-key.js'
import { MARGIN, MAX_LISTED } from '../../keys/rotation/key-plan.js'
import { MAX_PLANNED } from '../../keys/rotation/key-record.js'
import { weaknessOfSecret } from '../../keys/weak-secret.js'
import type { JwtAuthOptions } from '../jwt-auth-options.js'
import type { CheckedExtras, CheckedOptions } from '../options/option-tables.js'
import type { Problems } from '../problems.js'

type Rotation = NonNullable<CheckedOptions['keyRotation']>

/** Reports conflicts of `keyRotation` and `keyStore` with each other and with the lifetimes of tokens. */
export function checkKeyRotation(
  given: JwtAuthOptions,
  options: CheckedOptions,
  { keyStore }: CheckedExtras,
  problems: Problems,
): void {
  const { keyRotation } = options
  if (given.keyRotation === undefined) {
    if (keyStore !== undefined && !problems.mentions('keyStore')) {
      problems.add(
        'keyStore',
        'A key store is set, but keyRotation is not',
        'Set keyRotation, or remove the store',
      )
    }
    return
  }
  if (keyRotation === undefined || problems.mentions('keyRotation', 'accessToken', 'clockTolerance')) return
  checkTimes(keyRotation, options, problems)
  checkWrap(keyRotation.wrap, options, problems)
  if (keyStore === undefined && process.env['NODE_ENV'] === 'production') {
    problems.add(
      'keyStore',
      'No key store is set, and keys are not kept in memory by default when NODE_ENV is production',
      'Set a store that all instances share, such as SqlKeyStore, or choose the store in memory explicitly with keyStore: InMemoryKeyStore',
    )
  }
}

function checkTimes(
  { every, announce }: Rotation,
  { accessToken: { expiresIn, allowNever }, refreshToken, clockTolerance }: CheckedOptions,
  problems: Problems,
): void {
  if (allowNever || expiresIn === 'never') {
    problems.add(
      'accessToken.allowNever',
      'Tokens that never expire are allowed, but with keyRotation every key is removed some day',
      'Remove allowNever, or set keys instead of keyRotation',
    )
    return
  }
  if (every <= announce) {
    problems.add(
      'keyRotation.every',
      'The duration must be longer than keyRotation.announce',
      'Set a longer duration, or a shorter announce',
    )
    return
  }
  // The key that signs, the announced one, and those that have signed.
  const keysFor = (lifetime: number) => 2 + Math.ceil((lifetime + clockTolerance + MARGIN / 1000) / every)
  const listed = keysFor(expiresIn)
  const verifying = keysFor(refreshToken === false ? 0 : refreshToken.expiresIn)
  if (listed <= MAX_LISTED && verifying > MAX_PLANNED) {
    problems.add(
      'keyRotation.every',
      `Up to ${verifying} keys would verify tokens at the same time, because refresh tokens are valid for so long; at most ${MAX_PLANNED} are allowed`,
      'Set a longer duration, or a shorter refreshToken.expiresIn',
    )
  }
  if (listed > MAX_LISTED) {
    problems.add(
      'keyRotation.every',
      `Up to ${listed} keys would be in the JWKS at the same time, because access tokens are valid for ${expiresIn} seconds; at most ${MAX_LISTED} are allowed`,
      'Set a longer duration, or a shorter accessToken.expiresIn',
    )
  }
}

function checkWrap(wrap: Rotation['wrap'], { csrf, legacyTokens }: CheckedOptions, problems: Problems): void {
  const others = [csrf.secret, legacyTokens?.secret].flatMap((secret) =>
    secret === undefined ? [] : [bytesOf(secret)],
  )
  const secrets = wrap.map(({ secret }) => bytesOf(secret))
  for (const [at, { id }] of wrap.entries()) {
    const path = `keyRotation.wrap[${at}]`
    const secret = bytesOf(wrap[at]?.secret ?? '')
    const earlier = wrap.findIndex((other) => other.id === id)
    if (earlier < at) {
      problems.add(
        `${path}.id`,
        `The id is the same as that of wrap[${earlier}]`,
        'Give each secret an id of its own',
      )
    }
    const weakness = weaknessOfSecret(secret, 32)
    if (weakness !== undefined) {
      problems.add(`${path}.secret`, weakness, NEW_SECRET)
      continue
    }
    if (secrets.slice(0, at).some((other) => other.equals(secret))) {
      problems.add(`${path}.secret`, 'The secret is in the list twice', 'List each secret once')
    }
    if (others.some((other) => other.equals(secret))) {
      problems.add(
        `${path}.secret`,
        'The secret is also used elsewhere in the options',
        `Use a secret of its own to encrypt keys. ${NEW_SECRET}`,
      )
    }
  }
}

function bytesOf(secret: string | Uint8Array): Buffer {
  return typeof secret === 'string' ? Buffer.from(secret, 'utf8') : Buffer.from(secret)
}
