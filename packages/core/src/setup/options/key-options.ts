import { ALGORITHMS } from '../../keys/algorithms.js'
import type { KeyRotationOptions, WrapKey } from '../jwt-auth-options.js'
import { listOf, oneOf, secretLike, stringLike } from './checks.js'
import { durationFrom } from './duration-check.js'
import { group, required, type TableOf, withDefault } from './option.js'

const WRAP_KEY = {
  id: required(
    stringLike(
      'a string of 1 to 64 letters, digits, dots, hyphens and underscores',
      'Write a name, such as the year: it is stored with each key',
      /^[\w.-]{1,64}$/,
    ),
    'none',
  ),
  secret: required(secretLike, 'none'),
} satisfies TableOf<WrapKey>

/** A JWKS is cached for 15 minutes, and the clocks of instances may differ by the rest. */
const SHORTEST_ANNOUNCE = '20m'

export const KEY_ROTATION = {
  algorithm: withDefault(oneOf(...ALGORITHMS), 'ES256'),
  every: withDefault(durationFrom({ min: SHORTEST_ANNOUNCE, max: '36500d', example: '90d' }), '90d'),
  announce: withDefault(durationFrom({ min: SHORTEST_ANNOUNCE, max: '36500d', example: '1d' }), '1d'),
  wrap: required(listOf(group(WRAP_KEY), { example: "[{ id: '2026', secret }]" }), [
    { id: 'none', secret: 'none' },
  ]),
} satisfies TableOf<KeyRotationOptions>
