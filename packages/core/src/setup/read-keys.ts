import { importKey, type RingKey } from '../keys/import-key.js'
import { KeyProblem } from '../keys/key-problem.js'
import type { JwtKey } from '../keys/jwt-key.js'
import { KeyRing } from '../keys/key-ring.js'
import type { JwtAuthOptions } from './jwt-auth-options.js'
import type { CheckedOptions } from './options/option-tables.js'
import type { Problems } from './problems.js'

/** The key ring of `secret` or `keys`; `undefined` where there was a problem. */
export async function readKeys(
  given: JwtAuthOptions,
  { secret, keys }: CheckedOptions,
  problems: Problems,
): Promise<KeyRing | undefined> {
  if (given.secret === undefined && given.keys === undefined) {
    problems.add(
      'secret',
      'Neither secret nor keys is set',
      'Set secret, for example to process.env.JWT_SECRET, or keys',
    )
  } else if (secret !== undefined && keys !== undefined) {
    problems.add(
      'secret',
      'The option is set together with keys',
      "Move it to keys: { algorithm: 'HS256', secret }",
    )
  } else if (secret !== undefined) {
    const key = await tryImport({ algorithm: 'HS256', secret }, '', problems)
    return key && new KeyRing([key])
  } else if (keys !== undefined) {
    return readList(keys, problems)
  }
  return undefined
}

async function readList(keys: readonly JwtKey[], problems: Problems): Promise<KeyRing | undefined> {
  const imported = await Promise.all(keys.map((key, at) => tryImport(key, `keys[${at}]`, problems)))
  const [first] = imported
  if (first !== undefined && first.sign === undefined) {
    problems.add(
      'keys[0]',
      'The key can only verify, and the first key signs',
      'Put a key with a secret or a privateKey first',
    )
  }
  const kids = imported.map((key) => key?.kid)
  for (const [at, kid] of kids.entries()) {
    const earlier = kids.indexOf(kid)
    if (kid !== undefined && earlier < at) {
      problems.add(
        `keys[${at}].kid`,
        `The kid is also that of keys[${earlier}]`,
        'Give each key a kid of its own, and list no key twice',
      )
    }
  }
  const usable = imported.filter((key): key is RingKey => key !== undefined)
  return usable.length === keys.length && first?.sign !== undefined ? new KeyRing(usable) : undefined
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
