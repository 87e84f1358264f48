import { generateKeyPairSync } from 'node:crypto'
import type { LegacyTokensOptions } from '@nest-jwt-auth/core'
import jwt from 'jsonwebtoken'

/** The secret of the former code. */
export const FORMER_SECRET = 'former!9fQz2.fixture-Lm7VxT4pK1sW0bD3+Jd6Yc8'

export const START = Date.parse('2030-01-01T00:00:00Z')
export const NOW = START / 1000
export const DAY = 86_400

export const legacyTokens = {
  secret: FORMER_SECRET,
  algorithm: 'HS256',
  until: new Date(START + 30 * DAY * 1000),
  accept: (claims) => claims['type'] !== 'refresh',
} satisfies LegacyTokensOptions

/** A token as former code made it: by jsonwebtoken, which sets `typ: 'JWT'` and no `kid`. */
export function formerToken(
  claims: object = {},
  secret: string = FORMER_SECRET,
  options: jwt.SignOptions = {},
): string {
  return jwt.sign({ sub: '7', iat: NOW, exp: NOW + 7 * DAY, ...claims }, secret, options)
}

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
