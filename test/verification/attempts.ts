import { createHmac } from 'node:crypto'
import { expect } from '@jest/globals'
import { type Author, authorWith } from '../security/sign-bytes.js'
import { breakSignature, encodePart, readToken } from '../support/forge.js'

/** When the tokens are made, in seconds since the epoch. */
export const NOW = Date.parse('2030-01-01T00:00:00Z') / 1000

/** Good tokens, who can sign others like them, and who would like to. */
export interface Issued {
  readonly access: string
  readonly refresh: string
  readonly author: Author
  readonly stranger: Author
}

/** Has another secret. */
export const stranger = authorWith((input) => createHmac('sha256', 'x'.repeat(40)).update(input).digest())

type Json = Record<string, unknown>
type Change = { header?: Json; claims?: Json }

/** The same token with some members changed (`undefined` leaves one out), signed well. */
function remade(token: string, author: Author, change: Change): string {
  const { header, claims } = readToken(token)
  return author.signBytes({ ...header, ...change.header }, { ...claims, ...change.claims })
}

/** The header grows by four characters for every three of a member. */
export function withHeaderOf(length: number) {
  return ({ access, author }: Issued) => {
    const { header } = readToken(access)
    const empty = JSON.stringify({ ...header, more: '' }).length
    const token = remade(access, author, {
      header: { more: 'x'.repeat(Math.ceil((length * 3) / 4) - empty) },
    })
    expect(token.indexOf('.')).toBeGreaterThanOrEqual(length)
    return token
  }
}

export type Attempt = [name: string, code: string, token: (issued: Issued) => string]

const withoutSignature = (token: string) => token.slice(0, token.lastIndexOf('.') + 1)
const onlyClaim = (name: string, value: unknown) => (issued: Issued) =>
  remade(issued.access, issued.author, { claims: { [name]: value } })
const onlyHeader = (name: string, value: unknown) => (issued: Issued) =>
  remade(issued.access, issued.author, { header: { [name]: value } })

export const attempts: Attempt[] = [
  ['no dots', 'token_malformed', () => 'garbage'],
  ['two parts', 'token_malformed', ({ access }) => access.slice(0, access.lastIndexOf('.'))],
  ['four parts', 'token_malformed', ({ access }) => `${access}.AA`],
  ['a broken signature', 'token_signature_invalid', ({ access }) => breakSignature(access)],
  ['another key', 'token_signature_invalid', ({ access, stranger }) => remade(access, stranger, {})],
  ['an unknown kid', 'token_signature_invalid', onlyHeader('kid', 'unknown')],
  ['a refresh token', 'token_wrong_type', ({ refresh }) => refresh],
  ['the type JWT', 'token_wrong_type', onlyHeader('typ', 'JWT')],
  ['no type', 'token_wrong_type', onlyHeader('typ', undefined)],
  ['one that expires now', 'token_expired', ({ access, author }) => expired(access, author)],
  ['one that starts in six seconds', 'token_not_active', onlyClaim('nbf', NOW + 6)],
  ['one issued in six seconds', 'token_not_active', onlyClaim('iat', NOW + 6)],
  ['a header of more than 1,024 characters', 'token_malformed', withHeaderOf(1025)],
  ['another issuer', 'token_claims_invalid', onlyClaim('iss', 'https://other.example')],
  ['no issuer', 'token_claims_invalid', onlyClaim('iss', undefined)],
  ['another audience', 'token_claims_invalid', onlyClaim('aud', 'other')],
  ['other audiences', 'token_claims_invalid', onlyClaim('aud', ['other', 'another'])],
  ['no audience', 'token_claims_invalid', onlyClaim('aud', undefined)],
  ['no subject', 'token_claims_invalid', onlyClaim('sub', undefined)],
  ['no expiry', 'token_claims_invalid', onlyClaim('exp', undefined)],
  ['no time of issue', 'token_claims_invalid', onlyClaim('iat', undefined)],
  ['no id', 'token_claims_invalid', onlyClaim('jti', undefined)],
  [
    'expired and badly signed',
    'token_signature_invalid',
    ({ access, author }) => breakSignature(expired(access, author)),
  ],
  ['expired and of the wrong type', 'token_wrong_type', ({ refresh, author }) => expired(refresh, author)],
  [
    'of the wrong type and badly signed',
    'token_signature_invalid',
    ({ refresh, author }) => breakSignature(expired(refresh, author)),
  ],
]

function expired(token: string, author: Author): string {
  return remade(token, author, { claims: { iat: NOW - 900, exp: NOW, auth_time: NOW - 900 } })
}

/** Refused for certain; which of two codes names it best is not for this suite to say. */
export const otherAttempts: [name: string, token: (issued: Issued) => string][] = [
  ['no kid', onlyHeader('kid', undefined)],
  ['another algorithm of the same family', onlyHeader('alg', 'HS512')],
  ['an asymmetric algorithm', onlyHeader('alg', 'RS256')],
  ['alg none with a signature', onlyHeader('alg', 'none')],
  [
    'alg none without a signature',
    ({ access, author }) => withoutSignature(remade(access, author, { header: { alg: 'none' } })),
  ],
  [
    'alg NoNe without a signature',
    ({ access, author }) => withoutSignature(remade(access, author, { header: { alg: 'NoNe' } })),
  ],
  ['no algorithm', onlyHeader('alg', undefined)],
  ['no signature', ({ access }) => withoutSignature(access)],
  ['a critical extension', onlyHeader('crit', ['exp'])],
  ['a subject that is a number', onlyClaim('sub', 7)],
  ['an expiry that is text', onlyClaim('exp', '9999999999')],
  ['an expiry that is null', onlyClaim('exp', null)],
  [
    'a payload that was swapped',
    ({ access }) => access.replace(/\.[^.]+\./, `.${encodePart({ sub: 'root', exp: NOW + 900 })}.`),
  ],
]
