import { isDate } from 'node:util/types'
import type { LegacyTokensOptions } from '../../issuers/legacy-options.js'
import { type Algorithm, ALGORITHMS, isAlgorithm } from '../../keys/algorithms.js'
import type { KeyMaterial } from '../../keys/jwt-key.js'
import { functionLike, secretLike, valueThat } from './checks.js'
import { type Check, optional, required, type TableOf } from './option.js'

const algorithm: Check<Algorithm> = valueThat(
  isAlgorithm,
  `one of ${ALGORITHMS.join(', ')}`,
  'Set it to the algorithm that the former code signed with: HS256 if it named none',
)

const publicKey: Check<KeyMaterial> = valueThat(
  (value): value is KeyMaterial => typeof value === 'string' || typeof value === 'object',
  'a public key',
  'Pass PEM text, a JWK or a KeyObject',
)

/** A date alone is 00:00 UTC. A time without a zone would be another one on each machine. */
const ISO_DATE = /^\d{4}-\d{2}-(\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** Reads a date as milliseconds since the epoch. */
const date: Check<number> = {
  read(value, path, problems) {
    const time = isDate(value) ? value.getTime() : timeIn(value)
    if (!Number.isNaN(time)) return time
    problems.add(
      path,
      'The value must be a Date, or a date in ISO 8601 with a time zone if it has a time',
      "Write '2027-01-31' or '2027-01-31T12:00:00Z', for example",
    )
    return undefined
  },
}

export const LEGACY_TOKENS = {
  secret: optional(secretLike),
  publicKey: optional(publicKey),
  algorithm: required(algorithm, 'HS256'),
  until: required(date, '2000-01-01'),
  accept: required(
    functionLike<LegacyTokensOptions['accept']>(
      "Write (claims) => claims.type !== 'refresh', for example: former refresh tokens must not be accepted",
    ),
    () => false,
  ),
} satisfies TableOf<LegacyTokensOptions>

function timeIn(value: unknown): number {
  const [text, day] = (typeof value === 'string' && ISO_DATE.exec(value)) || []
  if (text === undefined) return NaN
  // The day alone: 30 February would be read as a day in March.
  const isThere = new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() === Number(day)
  return isThere ? Date.parse(text) : NaN
}
