import { createLocalJWKSet, decodeProtectedHeader, type JWK, jwtVerify } from 'jose'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { NOW } from '../legacy-tokens/former-app.js'
import { bootModule } from './boot-module.js'
import { logs } from '../support/logs.js'
import { describeFuzz } from './describe-fuzz.js'
import { ed25519Key, p256Key } from './fixed-keys.js'
import { refusalCode } from './outcomes.js'

const ISSUER = 'https://login.example.com/'
const ec = p256Key('published', 'ec')
const ed = ed25519Key('published', 'ed')
const claims = { iss: ISSUER, aud: 'shop', sub: 'ida', jti: 'a', iat: NOW, exp: NOW + 900 }

/** Tokens of the issuer: an input is a set of keys that may hold those they are signed with. */
const tokens = [
  { alg: 'ES256', kid: 'ec', typ: 'at+jwt', key: ec },
  { alg: 'EdDSA', kid: 'ed', typ: 'at+jwt', key: ed },
  { alg: 'ES256', typ: 'at+jwt', key: ec },
  { alg: 'ES256', kid: '__proto__', typ: 'at+jwt', key: ec },
].map(({ key, ...header }) => key.author.signBytes(header, claims))

const demands = {
  issuer: ISSUER,
  audience: 'shop',
  algorithms: ['ES256', 'EdDSA', 'RS256'],
  typ: 'at+jwt',
  currentDate: new Date(NOW * 1000),
}

const words = [
  ...[
    'keys kty crv kid alg use key_ops issuer x y n e k d x5c x5t',
    'EC RSA OKP oct',
    'P-256 P-384 P-521 Ed25519',
    'ec ed __proto__',
    'ES256 ES384 RS256 PS256 EdDSA HS256 none',
    'sig enc verify sign',
    'AQAB AA',
    'https://login.example.com/ https://{tenantid}',
    'max-age=0 max-age=99999999999 no-store must-revalidate',
  ].map((group) => group.split(' ')),
  [...[ec, ed].flatMap(({ jwk }) => [jwk.x ?? '', jwk.y ?? 'AQAB']), 'A'.repeat(342)],
]

/** A set, and how it is published: the line before it is `Cache-Control`. */
function answerTo(input: Buffer): Response {
  const end = input.indexOf('\n')
  const first = input
    .subarray(0, Math.max(end, 0))
    .toString('latin1')
    .replaceAll(/[^ -~]/g, '')
  return new Response(new Uint8Array(input.subarray(end + 1)), { headers: { 'cache-control': first } })
}

/** Whether jose takes a token by any one key of the set: it refuses a whole set for one bad key, and we do not. */
async function isAcceptedByJose(token: string, input: Buffer): Promise<boolean> {
  const text = input.subarray(input.indexOf('\n') + 1).toString('utf8')
  const { keys } = JSON.parse(text.replace(/^\uFEFF/, '')) as { keys: (JWK | null)[] }
  const { kid } = decodeProtectedHeader(token)
  const candidates = keys.filter((key) => kid === undefined || key?.kid === kid)
  const verdicts = await Promise.all(candidates.map((key) => isAcceptedBy(key as JWK, token)))
  return verdicts.includes(true)
}

async function isAcceptedBy(key: JWK, token: string): Promise<boolean> {
  try {
    await jwtVerify(token, createLocalJWKSet({ keys: [key] }), demands)
    return true
  } catch {
    return false
  }
}

async function outcome(service: TokenService, token: string, input: Buffer): Promise<string> {
  const refusal = await service.verify(token).then(() => undefined, refusalCode)
  if (refusal === undefined) {
    if (!(await isAcceptedByJose(token, input))) throw new Error('jose refuses it.')
    return 'accepted'
  }
  if (!['token_signature_invalid', 'keys_unavailable'].includes(refusal)) {
    throw new Error(`It was refused as ${refusal}.`)
  }
  return refusal
}

describeFuzz('key-sets', async () => ({
  words,
  outcomes: ['accepted', 'token_signature_invalid', 'keys_unavailable'],
  limit: { fixed: 100_000, perByte: 500 },
  run: async (input) => {
    const issuer = {
      issuer: ISSUER,
      audience: 'shop',
      algorithms: ['ES256', 'EdDSA', 'RS256'],
      jwksUrl: `${ISSUER}keys`,
      fetch: async () => answerTo(input),
    } as const
    const module = await bootModule({ imports: [JwtAuthModule.forRoot({ issuers: [issuer] })] })
    logs.clear()
    try {
      const outcomes = new Set<string>()
      for (const token of tokens) outcomes.add(await outcome(module.get(TokenService), token, input))
      return [...outcomes].toSorted()[0] ?? ''
    } finally {
      await module.close()
    }
  },
}))
