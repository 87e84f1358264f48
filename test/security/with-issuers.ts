import { sign } from 'node:crypto'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { OtherParty } from '../issuers/foreign-app.js'
import { newKey, type StubKey } from '../issuers/issuer-stub.js'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { stranger } from '../verification/attempts.js'
import { type Author, authorWith, ownAuthor } from './sign-bytes.js'
import { type GoodToken, NOW } from './token-cases.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

export const OWN = 'https://shop.example'
export const idp = new OtherParty('https://login.example.com/', 'shared-kid')
export const partner = new OtherParty('https://partner.example.net', 'shared-kid')

/** A second key in the set, so that a missing `kid` names none. */
const spare = newKey('spare', { alg: 'ES256' })

/** Signs by ES256. */
export const es256Author = ({ privateKey }: StubKey): Author =>
  authorWith((input) => sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }))

const own: Options = { secret: SECRET, issuer: OWN, audience: 'shop' }
const issuers = [idp, partner].map((party) =>
  party.options({ audience: 'shop', keys: { keys: [party.key.jwk, spare.jwk] as never } }),
)

export interface Target {
  readonly tokens: TokenService
  readonly good: GoodToken
  readonly refresh: string
  /** Signs like the author, but has another key. */
  readonly stranger: Author
}

/** An app, and a token that it accepts. */
export type Setting = keyof typeof settings

const settings = {
  'own tokens, without other issuers': () => ownTokens(own),
  'own tokens, beside two other issuers': () => ownTokens({ ...own, issuers }),
  'foreign tokens, beside own keys and a second issuer': () => foreignTokens({ ...own, issuers }),
  'foreign tokens, in an app that only verifies': () => foreignTokens({ issuers: issuers.slice(0, 1) }),
}

export const startTarget = (setting: Setting): Promise<Target> => settings[setting]()

async function serviceWith(options: Options): Promise<TokenService> {
  const module = await startModule(
    { imports: [JwtAuthModule.forRoot(options)] },
    { clock: new FakeClock(NOW * 1000) },
  )
  return module.get(TokenService)
}

async function ownTokens(options: Options): Promise<Target> {
  const tokens = await serviceWith(options)
  const { accessToken: text, refreshToken: refresh = '' } = await tokens.issue('ida')
  return { tokens, good: { text, ...readToken(text), author: ownAuthor }, refresh, stranger }
}

async function foreignTokens(options: Options): Promise<Target> {
  const author = es256Author(idp.key)
  const header = { alg: 'ES256', kid: 'shared-kid', typ: 'at+jwt' }
  const claims = { iss: idp.issuer, sub: 'ida', aud: 'shop', jti: 'a', iat: NOW, exp: NOW + 900 }
  const text = author.signBytes(header, claims)
  return {
    tokens: await serviceWith(options),
    good: { text, header, claims, author },
    refresh: author.signBytes({ ...header, typ: 'rt+jwt' }, claims),
    stranger: es256Author(newKey()),
  }
}
