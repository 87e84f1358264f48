import type { LegacyTokenRules } from '../issuers/legacy-tokens.js'
import { importKey, NEW_SECRET, type RingKey } from '../keys/import-key.js'
import type { JwtKey } from '../keys/jwt-key.js'
import { KeyProblem } from '../keys/key-problem.js'
import type { KeyRing } from '../keys/key-ring.js'
import type { JwtAuthOptions } from './jwt-auth-options.js'
import type { CheckedOptions } from './options/option-tables.js'
import type { Problems } from './problems.js'

const DAY = 86_400_000
const MAX_DAYS = 90

/** The settings of `legacyTokens`; `undefined` if it is not set, or if there was a problem. `now` is in milliseconds. */
export async function readLegacyTokens(
  given: JwtAuthOptions,
  { legacyTokens }: CheckedOptions,
  own: KeyRing | undefined,
  now: number,
  problems: Problems,
): Promise<LegacyTokenRules | undefined> {
  if (legacyTokens === undefined) return undefined
  const { until, accept } = legacyTokens
  if (until - now > MAX_DAYS * DAY) {
    problems.add(
      'legacyTokens.until',
      `The date is more than ${MAX_DAYS} days ahead`,
      'Set an earlier date, such as the day on which the last legacy token expires',
    )
  }
  const isUnreadable = ['algorithm', 'secret', 'publicKey'].some((name) =>
    problems.mentions(`legacyTokens.${name}`),
  )
  const key = isUnreadable ? undefined : await importLegacyKey(given.legacyTokens ?? {}, problems)
  if (key === undefined) return undefined
  if (own?.has(key) === true) {
    problems.add(
      `legacyTokens.${key.publicJwk === undefined ? 'secret' : 'publicKey'}`,
      'The key is one of the own keys of the app',
      'Set a new secret or keys for the tokens that the app issues now, and keep the former key here',
    )
  }
  return Object.freeze({ key, until, accept })
}

async function importLegacyKey(given: object, problems: Problems): Promise<RingKey | undefined> {
  // Only what is there: a `secret: undefined` comes from an environment variable that is not set.
  if (!Object.hasOwn(given, 'secret') && !Object.hasOwn(given, 'publicKey')) {
    problems.add('legacyTokens', 'Neither secret nor publicKey is set', 'Set the key of the former code')
    return undefined
  }
  const members = ['algorithm', 'secret', 'publicKey'].filter((name) => Object.hasOwn(given, name))
  const key = Object.fromEntries(members.map((name) => [name, Reflect.get(given, name)])) as unknown as JwtKey
  try {
    return await importKey(key)
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error
    const { field, problem, fix } = error
    const path = ['legacyTokens', field].filter(Boolean).join('.')
    problems.add(path, problem, fix === NEW_SECRET ? WEAK_SECRET : fix)
    return undefined
  }
}

const WEAK_SECRET =
  'Leave legacyTokens out, so that users log in once more, because whoever guesses the secret can forge a token of any ' +
  'user. Or first let the former code sign with a strong secret, wait until its earlier tokens have expired, and then set ' +
  'that secret here'
