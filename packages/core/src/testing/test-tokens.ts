import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { INestApplicationContext } from '@nestjs/common'
import type { IssueOptions } from '../issue/issue-options.js'
import { TokenService } from '../issue/token.service.js'
import { type Algorithm, algorithmSpec } from '../keys/algorithms.js'
import type { KeyRing } from '../keys/key-ring.js'
import { asymmetricSign } from '../keys/signature.js'
import type { Identity } from '../register.js'
import type { LocationOption } from '../request/locate/locations.js'
import { type Settings, SETTINGS } from '../setup/settings.js'
import { Clock } from '../time/clock.js'

/** How a token for tests differs from what the app issues. */
export type TestTokenOptions = Pick<IssueOptions, 'claims' | 'expiresIn' | 'authTime'>

/** Tokens for an app's tests, made by the app's own keys, loaders and settings. */
export interface TestTokens {
  /** A valid access token without a session. */
  accessToken(identity: Identity, options?: TestTokenOptions): Promise<string>
  /** Opens a session. */
  refreshToken(identity: Identity, options?: TestTokenOptions): Promise<string>
  /** An access token whose lifetime has passed, beyond any clock tolerance. */
  expired(identity: Identity, options?: TestTokenOptions): Promise<string>
  /** An access token with the app's `kid` that another key has signed. */
  wrongKey(identity: Identity, options?: TestTokenOptions): Promise<string>
  /** An `Authorization` value with an access token. */
  bearer(identity: Identity, options?: TestTokenOptions): Promise<string>
}

/** `app`: a running app or a compiled testing module that imports `JwtAuthModule`. */
export function createTestTokens(app: INestApplicationContext): TestTokens {
  const tokens = app.get(TokenService, { strict: false })
  const clock = app.get(Clock, { strict: false })
  const { keys, challenge, locations } = app.get<Settings>(SETTINGS, { strict: false })
  const scheme = authorizationScheme(locations.map(({ option }) => option)) ?? challenge.scheme
  const accessToken: TestTokens['accessToken'] = (identity, options) =>
    tokens.issueAccessToken(identity, options)
  return {
    accessToken,
    async refreshToken(identity, options) {
      const { refreshToken } = await tokens.issue(identity, options)
      if (refreshToken === undefined)
        throw new TypeError('This app has no refresh tokens: its option `refreshToken` is false.')
      return refreshToken
    },
    async expired(identity, options) {
      const token = await accessToken(identity, { ...options, expiresIn: -BEYOND_TOLERANCE })
      const { claims } = tokens.decodeUnverified(token)
      const exp = Math.floor(clock.now() / 1000) - BEYOND_TOLERANCE
      // With `claimsMode: 'replace'` the claims loader has the last word on `exp`.
      return Number(claims['exp']) <= exp ? token : signAgain(keys, token, { ...claims, exp })
    },
    async wrongKey(identity, options) {
      const token = await accessToken(identity, options)
      const input = token.slice(0, token.lastIndexOf('.'))
      return `${input}.${signByAnother(keys.signingKey.algorithm, input)}`
    },
    bearer: async (identity, options) => `${scheme} ${await accessToken(identity, options)}`.trimStart(),
  }
}

/** In seconds: `clockTolerance` is at most 5 minutes. */
const BEYOND_TOLERANCE = 301

/** The scheme that the app expects in `Authorization`, `''` if none; `undefined` if it does not read that header. */
function authorizationScheme(locations: readonly LocationOption<never>[]): string | undefined {
  for (const location of locations) {
    if (location === 'header') return 'Bearer'
    if (typeof location !== 'object' || !('header' in location)) continue
    const { header, scheme = 'Bearer' } = location
    if (header.toLowerCase() === 'authorization') return scheme ?? ''
  }
  return undefined
}

async function signAgain(keys: KeyRing, token: string, claims: object): Promise<string> {
  const header = token.slice(0, token.indexOf('.'))
  const input = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${input}.${await keys.signingKey.sign(input)}`
}

function signByAnother(algorithm: Algorithm, input: string): string {
  const spec = algorithmSpec(algorithm)
  switch (spec.family) {
    case 'hmac':
      return randomBytes(spec.hashBytes).toString('base64url')
    case 'rsa':
      return asymmetricSign(algorithm, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)(input)
    case 'ec':
      return asymmetricSign(
        algorithm,
        generateKeyPairSync('ec', { namedCurve: spec.curve }).privateKey,
      )(input)
    case 'ed25519':
      return asymmetricSign(algorithm, generateKeyPairSync('ed25519').privateKey)(input)
  }
}
