import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { INestApplicationContext } from '@nestjs/common'
import type { IssueOptions } from '../issue/issue-options.js'
import { TokenService } from '../issue/token.service.js'
import { type Algorithm, algorithmSpec } from '../keys/algorithms.js'
import { asymmetricSign } from '../keys/signature.js'
import type { Identity } from '../register.js'
import { type Settings, SETTINGS } from '../setup/settings.js'

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
  const { keys, challenge } = app.get<Settings>(SETTINGS, { strict: false })
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
    expired: (identity, options) => accessToken(identity, { ...options, expiresIn: -301 }),
    async wrongKey(identity, options) {
      const token = await accessToken(identity, options)
      const input = token.slice(0, token.lastIndexOf('.'))
      return `${input}.${signByAnother(keys.signingKey.algorithm, input)}`
    },
    bearer: async (identity, options) => `${challenge.scheme} ${await accessToken(identity, options)}`,
  }
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
