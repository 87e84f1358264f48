import { importKey, type RingKey } from '../keys/import-key.js'
import { KeyProblem } from '../keys/key-problem.js'
import type { JwtKey } from '../keys/jwt-key.js'
import { KeyRing } from '../keys/key-ring.js'
import type { JwtAuthOptions } from './jwt-auth-options.js'
import type { Problems } from './problems.js'

/** The key ring of `secret` or `keys`; `undefined` where there was a problem. */
export async function resolveKeys(
  { secret, keys }: JwtAuthOptions,
  problems: Problems,
): Promise<KeyRing | undefined> {
  if (secret !== undefined && keys !== undefined) {
    problems.add('secret', 'is set together with keys', "Move it into keys: { algorithm: 'HS256', secret }")
    return undefined
  }
  if (secret !== undefined) {
    const key = await tryImport({ algorithm: 'HS256', secret }, '', problems)
    return key && new KeyRing([key])
  }
  if (keys === undefined || !Array.isArray(keys) || keys.length === 0) {
    problems.add(
      'secret',
      'is missing, and there are no keys',
      'Set secret, for instance from process.env, or keys',
    )
    return undefined
  }
  // A copy has no holes, which `map` would jump over.
  return ringOf([...(keys as readonly JwtKey[])], problems)
}

async function ringOf(keys: readonly JwtKey[], problems: Problems): Promise<KeyRing | undefined> {
  const imported = await Promise.all(keys.map((key, at) => tryImport(key, `keys[${at}]`, problems)))
  const [first] = imported
  if (first !== undefined && first.sign === undefined) {
    problems.add(
      'keys[0]',
      'can only verify, and the first key signs',
      'Put a key with a secret or privateKey first',
    )
  }
  const kids = imported.map((key) => key?.kid)
  for (const [at, kid] of kids.entries()) {
    const earlier = kids.indexOf(kid)
    if (kid !== undefined && earlier < at) {
      problems.add(
        `keys[${at}].kid`,
        `is that of keys[${earlier}]`,
        'Give each key a kid of its own, or list it once',
      )
    }
  }
  const usable = imported.filter((key): key is RingKey => key !== undefined)
  return usable.length === keys.length && first?.sign !== undefined ? new KeyRing(usable) : undefined
}

async function tryImport(key: JwtKey, path: string, problems: Problems): Promise<RingKey | undefined> {
  if (typeof key !== 'object' || key === null) {
    problems.add(
      path,
      'is no key',
      'Write { algorithm, secret }, { algorithm, privateKey } or { algorithm, publicKey }',
    )
    return undefined
  }
  try {
    return await importKey(key)
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error
    problems.add([path, error.field].filter(Boolean).join('.'), error.problem, error.fix)
    return undefined
  }
}
