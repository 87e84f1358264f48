import { createPublicKey } from 'node:crypto'
import { beforeAll, describe, expect, it } from '@jest/globals'
import * as oauth from 'oauth4webapi'
import { forgeToken } from '../support/forge.js'
import { type ForeignApp, startForeignApp } from './app-of-issuers.js'
import { API, newSigningKey, OidcIssuer, signRs256 } from './oidc-issuer.js'

/** The claims that RFC 9068 section 2.2 requires. */
const REQUIRED = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'] as const

const hour = 3600
const now = Math.floor(Date.now() / 1000)

type Case = [name: string, token: (issuer: OidcIssuer) => string | Promise<string>]

const good: Case[] = [
  ['of the provider', (issuer) => issuer.token()],
  ['with two scopes', (issuer) => issuer.token({ scope: 'read write' })],
  ['with a type of application/at+jwt', (issuer) => issuer.sign({ header: { typ: 'application/at+jwt' } })],
  ['with a type in capitals', (issuer) => issuer.sign({ header: { typ: 'AT+JWT' } })],
  ['with a list of audiences', (issuer) => issuer.sign({ claims: { aud: ['other', API] } })],
  ['that was active before', (issuer) => issuer.sign({ claims: { nbf: now - hour } })],
  ['with more claims', (issuer) => issuer.sign({ claims: { roles: ['a'], nested: { deep: [1] } } })],
  ['with more in the header', (issuer) => issuer.sign({ header: { x5t: 'abc', nonce: 'n' } })],
]

const bad: Case[] = [
  ...REQUIRED.map((name): Case => [
    `without ${name}`,
    (issuer) => issuer.sign({ claims: { [name]: undefined } }),
  ]),
  ['that has expired', (issuer) => issuer.sign({ claims: { exp: now - hour } })],
  ['that is not active yet', (issuer) => issuer.sign({ claims: { nbf: now + hour } })],
  ['with exp as text', (issuer) => issuer.sign({ claims: { exp: String(now + hour) } })],
  ['with sub as a number', (issuer) => issuer.sign({ claims: { sub: 7 } })],
  ['with aud as an object', (issuer) => issuer.sign({ claims: { aud: { [API]: true } } })],
  ['for another audience', (issuer) => issuer.sign({ claims: { aud: 'https://other.example' } })],
  ['for an audience that begins alike', (issuer) => issuer.sign({ claims: { aud: `${API}/` } })],
  ['of another issuer', (issuer) => issuer.sign({ claims: { iss: 'https://other.example' } })],
  ['of an issuer with a slash', (issuer) => issuer.sign({ claims: { iss: `${issuer.url}/` } })],
  ['of the type JWT', (issuer) => issuer.sign({ header: { typ: 'JWT' } })],
  ['of the type of an ID token', (issuer) => issuer.sign({ header: { typ: 'id+jwt' } })],
  ['without a type', (issuer) => issuer.sign({ header: { typ: undefined } })],
  ['with an unknown kid', (issuer) => issuer.sign({ header: { kid: 'unknown' } })],
  ['with a kid that is no string', (issuer) => issuer.sign({ header: { kid: 7 } })],
  ['with alg none', (issuer) => issuer.sign({ header: { alg: 'none' } }).replace(/[^.]*$/, '')],
  ['that names another alg', (issuer) => issuer.sign({ header: { alg: 'PS256' } })],
  ['with a critical header', (issuer) => issuer.sign({ header: { crit: ['b64'], b64: true } })],
  ['with a changed signature', (issuer) => issuer.sign().slice(0, -8) + 'AAAAAAAA'],
  ['without a signature', (issuer) => issuer.sign().replace(/[^.]*$/, '')],
  [
    'with changed claims',
    (issuer) => {
      const [header, , signature] = issuer.sign().split('.')
      return [header, issuer.sign({ claims: { sub: 'eve' } }).split('.')[1], signature].join('.')
    },
  ],
  [
    'signed by another key of the same kid',
    (issuer) =>
      signRs256(
        { alg: 'RS256', typ: 'at+jwt', kid: 'first' },
        { iss: issuer.url, aud: API, sub: 'ida', client_id: 'c', jti: 'j', iat: now, exp: now + hour },
        newSigningKey('first').privateKey,
      ),
  ],
  [
    'with an HMAC by the public key',
    (issuer) =>
      forgeToken(
        { alg: 'HS256', typ: 'at+jwt', kid: 'first' },
        { iss: issuer.url, aud: API, sub: 'ida', client_id: 'c', jti: 'j', iat: now, exp: now + hour },
        createPublicKey(issuer.signingKey).export({ format: 'pem', type: 'spki' }).toString(),
      ),
  ],
]

/** Only a library's taste: the strict JSON and the limits that own tokens have too. */
const stricter: Case[] = [
  ['issued in the future', (issuer) => issuer.sign({ claims: { iat: now + hour } })],
  ['over 8 KiB', (issuer) => issuer.sign({ claims: { more: 'x'.repeat(8192) } })],
]

describe('oauth4webapi and this library', () => {
  let issuer: OidcIssuer
  let ours: ForeignApp
  let server: oauth.AuthorizationServer

  beforeAll(async () => {
    issuer = await OidcIssuer.start()
    ours = await startForeignApp([{ issuer: issuer.url, requiredClaims: REQUIRED }])
    server = { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` }
  })

  async function both(make: Case[1]): Promise<{ theirs: boolean; ours: boolean }> {
    const token = await make(issuer)
    const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } })
    const options = { [oauth.allowInsecureRequests]: true, signingAlgorithms: ['RS256'] }
    const theirs = await oauth.validateJwtAccessToken(server, request, API, options).then(
      () => true,
      () => false,
    )
    return { theirs, ours: (await ours.ask(token)) === '200' }
  }

  it.each(good)('both accept a token %s', async (_, make) => {
    expect(await both(make)).toEqual({ theirs: true, ours: true })
  })

  it.each(bad)('both refuse a token %s', async (_, make) => {
    expect(await both(make)).toEqual({ theirs: false, ours: false })
  })

  it.each(stricter)('this library alone refuses a token %s', async (_, make) => {
    expect(await both(make)).toEqual({ theirs: true, ours: false })
  })
})
