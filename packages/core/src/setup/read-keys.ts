import { importKey, NEW_SECRET, type RingKey } from '../keys/import-key.js'
import { KeyProblem } from '../keys/key-problem.js'
import type { JwtKey } from '../keys/jwt-key.js'
import { KeyRing } from '../keys/key-ring.js'
import { RotatingKeyRing } from '../keys/rotation/rotating-key-ring.js'
import type { JwtAuthOptions } from './jwt-auth-options.js'
import type { CheckedOptions } from './options/option-tables.js'
import type { Problems } from './problems.js'

/** Whether the app has keys of its own: without them it only verifies tokens of other issuers. */
export function hasOwnKeys({
  secret,
  keys,
  keyRotation,
}: Pick<CheckedOptions, 'secret' | 'keys' | 'keyRotation'>): boolean {
  return secret !== undefined || keys !== undefined || keyRotation !== undefined
}

/**
 * The key ring of `secret`, `keys` or `keyRotation`, empty for an app that has only `issuers`; `undefined` where there was
 * a problem.
 */
export async function readKeys(
  given: JwtAuthOptions,
  { secret, keys, keyRotation }: CheckedOptions,
  problems: Problems,
): Promise<KeyRing | undefined> {
  if (given.keyRotation !== undefined) {
    for (const name of ['secret', 'keys'] as const) {
      if (given[name] === undefined) continue
      problems.add(
        name,
        `Both keyRotation and ${name} are set`,
        `Remove ${name}: with keyRotation the library makes the keys`,
      )
    }
    return new RotatingKeyRing(keyRotation?.algorithm ?? 'ES256')
  }
  // A `secret: undefined` comes from an environment variable that is not set, so such an app shall not start.
  if (given.issuers !== undefined && !Object.hasOwn(given, 'secret') && !Object.hasOwn(given, 'keys')) {
    return new KeyRing([])
  }
  if (given.secret === undefined && given.keys === undefined) {
    if (problems.mentions('secret', 'keys', 'keyRotation', 'issuers')) return undefined
    problems.add('secret', 'Neither secret nor keys is set', HOW_TO_SET_A_SECRET)
  } else if (secret !== undefined && keys !== undefined) {
    problems.add(
      'secret',
      'Both secret and keys are set',
      "Move the secret into keys: { algorithm: 'HS256', secret }",
    )
  } else if (secret !== undefined) {
    const key = await tryImport({ algorithm: 'HS256', secret }, '', problems)
    return key && new KeyRing([key])
  } else if (keys !== undefined) {
    return readList(keys, problems)
  }
  return undefined
}

const HOW_TO_SET_A_SECRET =
  `${NEW_SECRET}, put it into the environment (JWT_SECRET=...), and pass secret: process.env.JWT_SECRET. If it is in a .env file: ` +
  'ConfigModule reads that file after the decorators with forRoot have run, so use forRootAsync({ inject: [ConfigService], ' +
  "useFactory: (config: ConfigService) => ({ secret: config.getOrThrow('JWT_SECRET') }) })"

async function readList(keys: readonly JwtKey[], problems: Problems): Promise<KeyRing | undefined> {
  const imported = await Promise.all(keys.map((key, at) => tryImport(key, `keys[${at}]`, problems)))
  const usable = imported.filter((key) => key !== undefined)
  const isComplete = usable.length === keys.length
  const ring = new KeyRing(usable)
  if (isComplete && !ring.canSign && usable.some((key) => key.sign !== undefined)) {
    problems.add(
      'keys[0]',
      'The first key must be able to sign, but this key can only verify',
      'Put a key with a privateKey, a secret or sign first',
    )
  }
  const kids = imported.map((key) => key?.kid)
  for (const [at, kid] of kids.entries()) {
    const earlier = kids.indexOf(kid)
    if (kid === undefined || earlier === at) continue
    problems.add(
      `keys[${at}].kid`,
      `The kid is the same as that of keys[${earlier}]`,
      'Give each key its own kid, and do not list a key twice',
    )
  }
  return isComplete ? ring : undefined
}

async function tryImport(key: JwtKey, path: string, problems: Problems): Promise<RingKey | undefined> {
  try {
    return await importKey(key)
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error
    problems.add([path, error.field].filter(Boolean).join('.'), error.problem, error.fix)
    return undefined
  }
}
