import { createHmac, createPublicKey, type KeyObject } from 'node:crypto'
import { Controller, Get, Post, UseGuards } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  IdentityLoader,
  JwtAuthError,
  JwtAuthModule,
  JwtGuard,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
import type { IdentityLoaderContext, JwtClaims } from '@nest-jwt-auth/core'
import { inSeconds, OtherParty } from '../issuers/foreign-app.js'
import { newKey, StubIssuer } from '../issuers/issuer-stub.js'
import { adapters, type RunningApp, startApp } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'
import { authorWith, ownAuthor } from './sign-bytes.js'
import { es256Author } from './with-issuers.js'

type Json = Record<string, unknown>

const OWN = 'https://shop.example'
/** Publishes its key under the `kid` of ours. */
const idp = new OtherParty('https://login.example.com/', 'own')
const partner = new OtherParty('https://partner.example.net', 'partner-kid')
const attacker = newKey('own', { alg: 'ES256' })

const UNKNOWN = refused(401, 'token_signature_invalid')
const WRONG_TYPE = refused(401, 'token_wrong_type')
const INVALID = refused(401, 'token_claims_invalid')

class Users extends IdentityLoader {
  loadIdentity({ sub }: JwtClaims, { issuer }: IdentityLoaderContext) {
    return `${sub} by ${issuer}`
  }
}

@Controller()
@UseGuards(JwtGuard)
class ItemsController {
  @Get('me')
  me(@Claims() claims: JwtClaims, @CurrentIdentity() identity: string) {
    return { claims, identity }
  }

  @Post('write')
  write(@Claims('sub') sub: string) {
    return { sub }
  }

  @Post('rotate')
  @UseRefreshToken()
  rotate(@Claims('sub') sub: string) {
    return { sub }
  }
}

const service = new StubIssuer()
const jwksUrl = 'https://login.example.com/keys'
service.publishDocument({ keys: [idp.key.jwk] }, {}, jwksUrl)

/** An app with own keys and sessions, and two other issuers. */
const start = (adapter: (typeof adapters)[number]): Promise<RunningApp> =>
  startApp(adapter, {
    controllers: [ItemsController],
    imports: [
      JwtAuthModule.forRoot({
        keys: [{ algorithm: 'HS256', secret: SECRET, kid: 'own' }],
        issuer: OWN,
        audience: 'api',
        issuers: [{ ...idp.options({ keys: undefined, jwksUrl }), fetch: service.fetch }, partner.options()],
        locations: ['header', 'cookie'],
        identityLoader: { useValue: new Users() },
        endpoints: { refresh: true, logout: true, logoutAll: true, sessions: true },
      }),
    ],
  })

const lookAlikes: [what: string, iss: unknown][] = [
  ['without its slash', 'https://login.example.com'],
  ['with two slashes', 'https://login.example.com//'],
  ['in upper case', 'HTTPS://LOGIN.EXAMPLE.COM/'],
  ['with one letter in upper case', 'https://login.example.Com/'],
  ['with http', 'http://login.example.com/'],
  ['with its port', 'https://login.example.com:443/'],
  ['with a dot after its host', 'https://login.example.com./'],
  ['with a user name', 'https://login.example.com@evil.example/'],
  ['with a path', 'https://login.example.com/evil'],
  ['with a query', 'https://login.example.com/?a'],
  ['with a fragment', 'https://login.example.com/#a'],
  ['with a percent sign', 'https://login.example%2ecom/'],
  ['with white space', 'https://login.example.com/ '],
  ['with a line break', 'https://login.example.com/\n'],
  ['with a zero', 'https://login.example.com/\u0000'],
  ['with a zero width space', 'https://login.example.com/\u200b'],
  ['with a Cyrillic letter', 'https://login.ex\u0430mple.com/'],
  ['in full width', 'https://login.example\uff0ecom/'],
  ['with a ligature that normalizes', 'https://login.example.com\u2044'],
  ['of a sub-domain', 'https://evil.login.example.com/'],
  ['with a suffix', 'https://login.example.com.evil.example/'],
  ['as a list', ['https://login.example.com/']],
  ['as a list with ours', [OWN, 'https://login.example.com/']],
  ['as an object', { toString: 'https://login.example.com/' }],
  ['as null', null],
  ['as a number', 7],
  ['named like a member of every object', 'constructor'],
  ['named __proto__', '__proto__'],
  ['empty', ''],
]

/** What a careless library takes as the secret of HS256: the public key of another issuer, which anybody can have. */
function publicKeyTexts(key: KeyObject): [name: string, secret: string | Buffer][] {
  const publicKey = createPublicKey(key)
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const jwk = publicKey.export({ format: 'jwk' })
  return [
    ['PEM', pem],
    ['PEM without its last line break', pem.trimEnd()],
    ['DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(jwk)],
    ['JWK as it is published', JSON.stringify(idp.key.jwk)],
    ['its coordinate x', Buffer.from(jwk.x ?? '', 'base64url')],
    ['nothing', ''],
  ]
}

const bearer = (token: string): [string, string] => ['Authorization', `Bearer ${token}`]

describe.each(adapters)('issuers are not confused on $name', (adapter) => {
  let app: RunningApp
  let own: { header: Json; claims: Json; access: string; refresh: string; sid: string }

  beforeAll(async () => {
    app = await start(adapter)
    const {
      accessToken: access,
      refreshToken: refresh = '',
      sessionId: sid = '',
    } = await app.tokens.issue('ada')
    own = { ...readToken(access), access, refresh, sid }
    expect(await app.get('/me', access)).toMatchObject({ status: 200 })
    for (const party of [idp, partner]) {
      expect(await app.get('/me', party.token())).toMatchObject({
        status: 200,
        body: { claims: { iss: party.issuer } },
      })
    }
  })

  const ownKeyToken = (claims: Json, header: Json = {}) =>
    ownAuthor.signBytes({ ...own.header, ...header }, { ...own.claims, ...claims })

  it('the iss of another under our key, with sid, generation and all', async () => {
    for (const { issuer } of [idp, partner]) {
      for (const header of [{}, { kid: 'partner-kid' }, { kid: undefined }, { alg: 'ES256' }]) {
        expect(await app.get('/me', ownKeyToken({ iss: issuer }, header))).toMatchObject(UNKNOWN)
      }
    }
  })

  it('our iss, or none, under the key of another that has our kid', async () => {
    for (const iss of [OWN, undefined, null, [OWN]]) {
      for (const header of [{}, { alg: 'HS256' }, { kid: undefined }, { kid: 'partner-kid' }]) {
        expect(await app.get('/me', idp.token({ ...own.claims, iss }, header))).toMatchObject(UNKNOWN)
      }
    }
  })

  it.each(lookAlikes)('an iss %s', async (_, iss) => {
    const tokens = [idp.token({ iss }), partner.token({ iss }), ownKeyToken({ iss })]
    const answers = await Promise.all(tokens.map((token) => app.get('/me', token)))
    for (const answer of answers.slice(0, 2)) expect(answer).toMatchObject(UNKNOWN)
    // What is no string names no issuer; then our key is asked, which has signed the last one.
    expect(answers[2]).toMatchObject(typeof iss === 'string' ? UNKNOWN : INVALID)
  })

  it('two members iss', async () => {
    const twice = (claims: Json, iss: string) => JSON.stringify(claims).replace('{', `{"iss":"${iss}",`)
    const { header, claims } = readToken(idp.token())
    const theirs = es256Author(idp.key)
    for (const token of [
      theirs.signBytes(header, twice(claims, OWN)),
      theirs.signBytes(header, twice({ ...claims, iss: OWN }, idp.issuer)),
    ]) {
      expect(await app.get('/me', token)).toMatchObject(UNKNOWN)
    }
    const malformed = refused(401, 'token_malformed')
    for (const token of [
      ownAuthor.signBytes(own.header, twice(own.claims, idp.issuer)),
      ownAuthor.signBytes(own.header, twice({ ...own.claims, iss: idp.issuer }, OWN)),
    ]) {
      expect(await app.get('/me', token)).toMatchObject(malformed)
    }
  })

  it.each(publicKeyTexts(idp.key.privateKey))(
    'HS256 with the public key of another as secret: %s',
    async (_, secret) => {
      const author = authorWith((input) => createHmac('sha256', secret).update(input).digest())
      const { claims } = readToken(idp.token())
      for (const iss of [idp.issuer, OWN, undefined]) {
        for (const kid of ['own', undefined, 'partner-kid']) {
          const token = author.signBytes({ alg: 'HS256', typ: 'at+jwt', kid }, { ...claims, iss })
          expect(await app.get('/me', token)).toMatchObject(UNKNOWN)
        }
      }
    },
  )

  it.each([
    { jwk: attacker.jwk },
    { jku: 'https://evil.example/keys' },
    { jku: `${jwksUrl}/../evil` },
    { x5u: 'https://evil.example/cert' },
    { x5c: ['MIIB'] },
    { x5t: 'abc' },
    { iss: 'https://evil.example' },
  ])('a key of the attacker in the header: %j', async (member) => {
    const known = service.asked.length
    for (const kid of ['own', undefined, 'evil']) {
      const token = idp.token({}, { ...member, kid }, attacker)
      expect(await app.get('/me', token)).toMatchObject(UNKNOWN)
    }
    // The key itself may be named there; it verifies, and the rest is not read.
    expect(await app.get('/me', idp.token({}, member))).toMatchObject({ status: 200 })
    expect(service.asked.slice(known).filter((address) => address !== jwksUrl)).toEqual([])
  })

  it.each([
    'rt+jwt',
    'application/rt+jwt',
    'RT+JWT',
    'ws-ticket+jwt',
    'reset+jwt',
    'JWT',
    '',
    'at+jwt ',
    undefined,
  ])('the typ %j', async (typ) => {
    const token = idp.token({ sid: own.sid }, { typ })
    expect(await app.get('/me', token)).toMatchObject(WRONG_TYPE)
    expect(await app.post('/rotate', {}, token)).toMatchObject(WRONG_TYPE)
  })

  it('a foreign token where a token of ours ends or renews something', async () => {
    const claims = { ...own.claims, iss: idp.issuer, aud: 'api' }
    const { header, claims: refresh } = readToken(own.refresh)
    for (const token of [
      idp.token(claims, { ...own.header, alg: 'ES256' }),
      idp.token({ ...refresh, iss: idp.issuer }, { ...header, alg: 'ES256' }),
    ]) {
      const send = (method: string, path: string, body?: object) =>
        app.send({
          method,
          path,
          ...(body && { body }),
          headers: [['Sec-Fetch-Site', 'same-origin'], ...(body === undefined ? [bearer(token)] : [])],
        })
      const answers = await Promise.all([
        send('POST', '/auth/refresh', { refresh_token: token }),
        send('POST', '/auth/logout', { refresh_token: token }),
        send('POST', '/auth/logout'),
        send('POST', '/auth/logout-all'),
        send('GET', '/auth/sessions'),
        send('DELETE', `/auth/sessions/${own.sid}`),
        send('POST', '/rotate'),
      ])
      for (const answer of answers) expect(answer).toMatchObject(WRONG_TYPE)
    }
    expect(await app.get('/me', own.access)).toMatchObject({ status: 200 })
    expect(await app.tokens.sessions('ada')).toHaveLength(1)
  })

  it('a foreign token with sid and generation of ours has no session here, whatever becomes of ours', async () => {
    const { sessionId: sid = '' } = await app.tokens.issue('eve')
    const token = idp.token({ sid, sub: 'eve' }, { generation: own.header['generation'] ?? 1 })
    for (const end of [() => app.tokens.revokeSession(sid), () => app.tokens.revokeAll('eve')]) {
      expect(await app.get('/me', token)).toMatchObject({
        status: 200,
        body: { claims: { sub: `${idp.issuer}|eve` } },
      })
      await end()
    }
    expect(await app.get('/me', token)).toMatchObject({ status: 200 })
  })

  it('an own subject that looks like a foreign one is told apart by the issuer, and ends alone', async () => {
    const subject = `${idp.issuer}|ada`
    const { accessToken } = await app.tokens.issue(subject)
    expect(await app.get('/me', accessToken)).toMatchObject({ body: { identity: `${subject} by ${OWN}` } })
    expect(await app.get('/me', idp.token())).toMatchObject({
      body: { identity: `${subject} by ${idp.issuer}` },
    })
    expect(await app.get('/me', partner.token({ sub: subject }))).toMatchObject({
      body: { claims: { sub: `${partner.issuer}|${subject}` } },
    })
    await app.tokens.revokeAll(subject)
    expect(await app.get('/me', accessToken)).toMatchObject(refused(401, 'token_revoked'))
    expect(await app.get('/me', idp.token())).toMatchObject({ status: 200 })
  })

  it('a foreign subject is refused if it is too long with its issuer before it', async () => {
    const room = 255 - `${idp.issuer}|`.length
    expect(await app.get('/me', idp.token({ sub: 'a'.repeat(room) }))).toMatchObject({ status: 200 })
    expect(await app.get('/me', idp.token({ sub: 'a'.repeat(room + 1) }))).toMatchObject(INVALID)
  })

  it('a header of over 4,096 characters is malformed; one of ours of over 1,024', async () => {
    const withHeader = (length: number, iss: string) => {
      const empty = JSON.stringify({ ...readToken(idp.token()).header, more: '' }).length
      const token = idp.token({ iss }, { more: 'x'.repeat(Math.ceil((length * 3) / 4) - empty) })
      expect(Math.abs(token.indexOf('.') - length)).toBeLessThan(2)
      return app.get('/me', token)
    }
    expect(await withHeader(4096, idp.issuer)).toMatchObject({ status: 200 })
    expect(await withHeader(4097, idp.issuer)).toMatchObject(refused(401, 'token_malformed'))
    expect(await withHeader(1025, OWN)).toMatchObject(refused(401, 'token_malformed'))
  })

  it('a missing kid is good only if one key of the issuer fits', async () => {
    expect(await app.get('/me', partner.token({}, { kid: undefined }))).toMatchObject({ status: 200 })
    expect(await app.get('/me', ownKeyToken({}, { kid: undefined }))).toMatchObject(UNKNOWN)
    expect(await app.get('/me', partner.token({}, { kid: undefined }, idp.key))).toMatchObject(UNKNOWN)
    for (const kid of ['', null, 0, {}, ['partner-kid'], 'own', '__proto__']) {
      expect((await app.get('/me', partner.token({}, { kid }))).status).toBe(401)
    }
  })

  it('a foreign token in a cookie is not sent from the pages of others', async () => {
    const cookie = ['Cookie', `__Host-access_token=${idp.token()}`] as const
    const send = (site: string) =>
      app.send({ method: 'POST', path: '/write', headers: [cookie, ['Sec-Fetch-Site', site]] as never })
    expect(await send('cross-site')).toMatchObject(refused(403, 'csrf_failed'))
    expect(await send('same-origin')).toMatchObject({ status: 201, body: { sub: `${idp.issuer}|ada` } })
  })

  it('every single character of a foreign token changed', async () => {
    const token = idp.token({ exp: inSeconds(3000) })
    const alphabet = 'AQgw-_.=Zz09'.split('')
    const refusals = await Promise.all(
      token.split('').map(async (character, at) => {
        const other = alphabet.find((one) => one !== character && one !== token[at + 1]) ?? 'A'
        const [before, after] = [token.slice(0, at), token.slice(at + 1)]
        const texts = [before + other + after, before + after, before + other + character + after]
        const answers = texts.map((text) =>
          app.tokens.verify(text).then(
            () => 'accepted',
            (error: unknown) => (error instanceof JwtAuthError ? error.errorCode : 'another error'),
          ),
        )
        return Promise.all(answers)
      }),
    )
    expect(new Set(refusals.flat())).toEqual(new Set(['token_malformed', 'token_signature_invalid']))
  })
})
