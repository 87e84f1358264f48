import { createHmac, createPublicKey, type KeyObject } from 'node:crypto'
import type { JwtAuthModule } from '@nest-jwt-auth/core'
import { jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose'
import { FORMER_SECRET, legacyTokens, NOW } from '../legacy-tokens/former-app.js'
import { type Author, authorWith, ownAuthor } from '../security/sign-bytes.js'
import { SECRET } from '../support/forge.js'
import { ed25519Key, p256Key } from './fixed-keys.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

/** A key whose tokens are accepted, and what jose is told to demand of them. */
interface Reader {
  readonly key: Uint8Array | KeyObject
  readonly demands: JWTVerifyOptions
  /** The claims that the app sees, if those are not the token's own. */
  readonly seen?: (claims: JWTPayload) => object
}

/** An app, who signs tokens that it may accept, and jose as it would be set to accept as many. */
export interface TokenSetting {
  readonly options: Options
  readonly kind: 'access' | 'refresh'
  readonly authors: readonly Author[]
  readonly readers: readonly Reader[]
}

const OWN = 'https://shop.example'
const idp = p256Key('idp', 'shared')
const partner = ed25519Key('partner', 'shared')
const signer = ed25519Key('signer', 'own')
const formerAuthor = authorWith((input) => createHmac('sha256', FORMER_SECRET).update(input).digest())

const secretKey = { algorithm: 'HS256', secret: SECRET, kid: 'own' } as const
const plain = { refreshToken: false, clockTolerance: 60 } as const

const reader = (key: Reader['key'], demands: JWTVerifyOptions): Reader => ({
  key,
  demands: { typ: 'at+jwt', clockTolerance: 60, currentDate: new Date(NOW * 1000), ...demands },
})
const own = (demands: JWTVerifyOptions = {}) =>
  reader(Buffer.from(SECRET), { algorithms: ['HS256'], ...demands })
const foreign = (issuer: string, { privateKey }: typeof idp, algorithm: string): Reader => ({
  ...reader(createPublicKey(privateKey), { algorithms: [algorithm], issuer, audience: 'shop' }),
  seen: (claims) => ({ ...registeredIn(claims), sub: `${claims.iss}|${claims.sub}` }),
})

const idpIssuer = 'https://login.example.com/'
const partnerIssuer = 'https://partner.example.net'
const issuers = [
  { issuer: idpIssuer, keys: { keys: [idp.jwk] }, audience: 'shop', algorithms: ['ES256'] },
  { issuer: partnerIssuer, keys: { keys: [partner.jwk] }, audience: 'shop', algorithms: ['EdDSA'] },
] satisfies Options['issuers']
const foreignReaders = [foreign(idpIssuer, idp, 'ES256'), foreign(partnerIssuer, partner, 'EdDSA')]
const foreignAuthors = [idp.author, partner.author]

/** The first byte of an input chooses one, so new ones go to the end. */
export const tokenSettings: readonly TokenSetting[] = [
  { options: { ...plain, keys: [secretKey] }, kind: 'access', authors: [ownAuthor], readers: [own()] },
  {
    options: { ...plain, keys: [secretKey], issuer: OWN, audience: 'shop', issuers },
    kind: 'access',
    authors: [ownAuthor, ...foreignAuthors],
    readers: [own({ issuer: OWN, audience: 'shop' }), ...foreignReaders],
  },
  {
    options: { issuers, clockTolerance: 60 },
    kind: 'access',
    authors: foreignAuthors,
    readers: foreignReaders,
  },
  {
    options: { keys: [secretKey], clockTolerance: 60 },
    kind: 'refresh',
    authors: [ownAuthor],
    readers: [own({ typ: 'rt+jwt' })],
  },
  {
    options: {
      ...plain,
      keys: [{ algorithm: 'EdDSA', privateKey: signer.privateKey, kid: 'own' }, secretKey].slice(
        0,
        1,
      ) as never,
      issuer: [OWN, 'urn:shop'],
      audience: ['shop', 'api'],
      requiredClaims: ['tenant', 'scope'],
      verifiedTokenCache: false,
    },
    kind: 'access',
    authors: [signer.author],
    readers: [
      reader(createPublicKey(signer.privateKey), {
        algorithms: ['EdDSA'],
        issuer: [OWN, 'urn:shop'],
        audience: ['shop', 'api'],
        requiredClaims: ['tenant', 'scope'],
      }),
    ],
  },
  {
    options: { ...plain, keys: [secretKey], legacyTokens },
    kind: 'access',
    authors: [ownAuthor, formerAuthor],
    readers: [own(), ...[undefined, 'JWT'].map(formerReader)],
  },
]

/** jose demands a `typ` only where it is told to. */
function formerReader(typ: string | undefined): Reader {
  const key = Buffer.from(FORMER_SECRET)
  const { typ: _, ...demands } = reader(key, { algorithms: ['HS256'] }).demands
  return { key, demands: typ === undefined ? demands : { ...demands, typ }, seen: ofFormer }
}

/** They belong to no session, and end with the option `until`. */
function ofFormer({
  jti: _jti,
  sid: _sid,
  auth_time: _authTime,
  sub,
  exp = 0,
  ...others
}: JWTPayload): object {
  return { ...others, sub: String(sub), exp: Math.min(exp, legacyTokens.until.getTime() / 1000) }
}

const REGISTERED = 'iss sub aud exp nbf iat jti sid auth_time act cnf scope scp'.split(' ')

const registeredIn = (claims: JWTPayload): object =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => REGISTERED.includes(name)))

const asTheyAre = (claims: JWTPayload): object => claims

/** Whether jose accepts the token, and reads the claims in it that the app sees. */
export async function isAgreed(token: string, claims: object, { readers }: TokenSetting): Promise<boolean> {
  for (const { key, demands, seen = asTheyAre } of readers) {
    const read = (await jwtVerify(token, key, demands).catch(() => undefined))?.payload
    if (read !== undefined) return sorted(claims) === sorted(seen(read))
  }
  return false
}

const sorted = (claims: object): string =>
  JSON.stringify(Object.entries(claims).toSorted(([a], [b]) => (a < b ? -1 : 1)))
