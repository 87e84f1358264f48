import { describe, expect, it } from '@jest/globals'
import {
  ClaimsLoader,
  IdentityLoader,
  type IdentityLoaderContext,
  JwtAuthModule,
  type JwtClaims,
  OpenConnections,
  type StandardSchema,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'
import { breakSignature, SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { unhandledRejectionsOf } from '../support/unhandled-rejections.js'
import { inSeconds, OtherParty } from './foreign-app.js'
import { newKey } from './issuer-stub.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const OWN = 'https://api.example.com'
const idp = new OtherParty('https://login.example.com/')
const partner = new OtherParty('https://partner.example.net')

const start = async (options: Options): Promise<TokenService> =>
  (await startModule({ imports: [JwtAuthModule.forRoot(options)] })).get(TokenService)

const besideOwn = (also: Partial<ReturnType<OtherParty['options']>> = {}): Options => ({
  secret: SECRET,
  issuer: OWN,
  issuers: [idp.options(also), partner.options()],
})

const refusedWith = (errorCode: string) => ({ errorCode })

describe('a token of another issuer', () => {
  it('is seen as it is by an app that only verifies its tokens', async () => {
    const tokens = await start({ issuers: [idp.options()] })
    const { claims, origin } = await tokens.verify(idp.token({ is_admin: true, scope: 'a' }))

    expect(claims).toMatchObject({ iss: idp.issuer, sub: 'ada', is_admin: true, scope: 'a' })
    expect(origin).toMatchObject({ kind: 'foreign', issuer: idp.issuer })
    expect(Object.isFrozen(claims)).toBe(true)
  })

  it('keeps its scopes where they are there, and has the subject that the app says', async () => {
    const issuers = [idp.options({ scopeClaims: ['scp'], subject: ({ email }) => String(email) })]
    const tokens = await start({ issuers })
    const { claims, origin } = await tokens.verify(idp.token({ scp: ['read'], email: 'ada@example.com' }))

    expect(claims).toMatchObject({ sub: 'ada@example.com', scp: ['read'] })
    expect(claims).not.toHaveProperty('scope')
    expect(origin).toMatchObject({ scopeClaims: ['scp'] })
  })

  it('that another app in the process has verified keeps no connection open here', async () => {
    const elsewhere = await start({ issuers: [partner.options()] })
    const clock = new FakeClock()
    const imports = [JwtAuthModule.forRoot({ issuers: [idp.options()] })]
    const connections = (await startModule({ imports }, { clock })).get(OpenConnections)
    const ended: string[] = []
    connections.add(await elsewhere.verify(partner.token()), (code) => ended.push(code))
    clock.advance('30s')
    expect(ended).toEqual(['token_revoked'])
  })

  it('needs neither iat nor jti', async () => {
    const tokens = await start({ issuers: [idp.options()] })
    await expect(tokens.verify(idp.token({ iat: undefined }))).resolves.toMatchObject({ kind: 'access' })
  })

  it.each(['sub', 'exp'])('needs %s, even if requiredClaims does not name it', async (name) => {
    const tokens = await start({ issuers: [idp.options({ requiredClaims: ['iat'] })] })
    await expect(tokens.verify(idp.token({ [name]: undefined }))).rejects.toMatchObject(
      refusedWith('token_claims_invalid'),
    )
  })

  it('must satisfy the claims schema in an app that accepts no others', async () => {
    const options = { claimsSchema: adminSchema }
    const alone = await start({ ...options, issuers: [idp.options()] })
    await expect(alone.verify(idp.token({ is_admin: false, jti: 'x' }))).rejects.toMatchObject({
      errorCode: 'token_claims_invalid',
      details: { jti: 'x' },
    })
    const { claims, origin } = await alone.verify(idp.token({ is_admin: true }))
    expect(claims).toMatchObject({ sub: 'ada', is_admin: true })
    expect(origin).toMatchObject({ kind: 'foreign', issuer: idp.issuer })

    const beside = await start({ ...besideOwn(), ...options })
    await expect(beside.verify(idp.token({ is_admin: false }))).resolves.toMatchObject({ kind: 'access' })
  })

  it('must satisfy the claims schema with the claims that the app sees', async () => {
    const claims: Options['issuers'] = [
      idp.options({ claims: ({ roles }) => ({ is_admin: String(roles).includes('admin') }) }),
    ]
    const mapped = await start({ claimsSchema: adminSchema, issuers: claims })
    await expect(mapped.verify(idp.token({ roles: ['admin'] }))).resolves.toMatchObject({
      claims: { is_admin: true },
    })
    const named = await start({ claimsSchema: adminSchema, issuers: [idp.options({ claims: ['email'] })] })
    for (const [tokens, token] of [
      [mapped, idp.token({ roles: ['reader'], is_admin: true })],
      [named, idp.token({ is_admin: true })],
    ] as const) {
      await expect(tokens.verify(token)).rejects.toMatchObject(refusedWith('token_claims_invalid'))
    }
  })

  describe('beside own keys', () => {
    it.each<[string, Parameters<typeof besideOwn>[0]]>([
      ['no more claims than the usual ones', {}],
      ['named claims', { claims: ['groups'] }],
      ['all claims', { claims: 'all' }],
      ['all claims and a subject of the app', { claims: 'all', subject: () => 'ada' }],
      ['claims by a function', { claims: ({ groups }) => ({ groups: [groups].flat() }) }],
    ])('cannot be changed for the requests after it, with %s', async (_, also) => {
      const tokens = await start(besideOwn(also))
      const { claims } = await tokens.verify(idp.token({ groups: ['reader'] }))

      expect(Object.isFrozen(claims)).toBe(true)
      for (const value of Object.values(claims)) expect(Object.isFrozen(value)).toBe(true)
    })

    it('has the issuer in its subject, and no claims but the registered ones and the scopes', async () => {
      const tokens = await start(besideOwn())
      const { claims } = await tokens.verify(
        idp.token({ is_admin: true, scope: 'a b', email: 'ada@example.com' }),
      )

      expect(claims).toMatchObject({ sub: `${idp.issuer}|ada`, scope: 'a b' })
      expect(claims).not.toHaveProperty('is_admin')
      expect(claims).not.toHaveProperty('email')
    })

    it('has the claims and the subject that the app says', async () => {
      const tokens = await start(besideOwn({ subject: ({ email }) => String(email), claims: ['email'] }))
      const token = idp.token({ is_admin: true, email: 'ada@example.com' })
      const { claims } = await tokens.verify(token)
      expect(claims).toMatchObject({ sub: 'ada@example.com', email: 'ada@example.com' })
      expect(claims).not.toHaveProperty('is_admin')

      const trusting = await start(besideOwn({ claims: 'all' }))
      await expect(trusting.verify(token)).resolves.toMatchObject({ claims: { is_admin: true } })
    })

    it.each<[string, Parameters<typeof besideOwn>[0], string | undefined]>([
      ['a name', { claims: ['scope'] }, 'x'],
      ['a name that holds no scopes', { claims: ['scope'], scopeClaims: [] }, undefined],
      ['all claims', { claims: 'all', scopeClaims: ['scp'] }, 'y'],
      ['a function', { claims: () => ({ scope: 'z' }) }, 'z'],
      ['a function, of claims that hold no scopes', { claims: (all) => all, scopeClaims: ['scp'] }, 'y'],
    ])('has in scope what its scopes are, whatever is let through by %s', async (_, also, scope) => {
      const tokens = await start(besideOwn(also))
      const { claims } = await tokens.verify(idp.token({ scope: 'x', scp: ['y'] }))
      expect(claims['scope']).toBe(scope)
    })

    it('has in scope nothing that is no scope, of which a list could make two', async () => {
      const tokens = await start(besideOwn({ scopeClaims: ['scope', 'scp'] }))
      const scp = ['write', 'admin all', 'a"b', 'a\\b', 7, '', null]
      const { claims } = await tokens.verify(idp.token({ scope: 'list  read', scp }))
      expect(claims['scope']).toBe('list read write')
    })

    it('keeps its registered claims, whatever the function claims returns', async () => {
      const tokens = await start(
        besideOwn({ claims: ({ groups }) => ({ groups, sub: 'root', exp: 1, is_admin: false }) }),
      )
      const { claims } = await tokens.verify(idp.token({ groups: ['staff'] }))
      expect(claims).toMatchObject({ sub: `${idp.issuer}|ada`, groups: ['staff'], is_admin: false })
      expect(claims.exp).toBeGreaterThan(1)
    })

    it('may have a subject of 1 to 255 characters', async () => {
      for (const sub of ['x', 'x'.repeat(255)]) {
        const tokens = await start(besideOwn({ subject: () => sub }))
        await expect(tokens.verify(idp.token())).resolves.toMatchObject({ claims: { sub } })
      }
    })

    it('is refused with its jti in the details', async () => {
      const tokens = await start(besideOwn({ accept: () => false, clients: ['web'] }))
      for (const azp of ['web', 'other']) {
        await expect(tokens.verify(idp.token({ azp, jti: 'id-1' }))).rejects.toMatchObject({
          details: { jti: 'id-1' },
        })
      }
    })

    it.each<[string, Parameters<typeof besideOwn>[0], string]>([
      ['that throws', { accept: () => throwBoom() }, 'Error: boom'],
      [
        'claims that returns no object',
        { claims: () => 7 as never },
        'The result of the function claims of the option issuers must be a plain object',
      ],
      [
        'claims that returns nothing',
        { claims: () => undefined as never },
        'The result of the function claims of the option issuers must be a plain object, but is undefined.',
      ],
      [
        'claims that returns more than data',
        { claims: () => ({ groups: new Map() }) },
        'The claim "groups" of the result of the function claims of the option issuers is an instance of Map',
      ],
    ])('tells the operator of a function %s', async (_, also, line) => {
      const tokens = await start(besideOwn(also))
      logs.clear()
      await expect(tokens.verify(idp.token())).rejects.toMatchObject(refusedWith('token_claims_invalid'))
      expect(logs.text('error')).toContain('A function of the option issuers threw an error')
      expect(logs.text('error')).toContain(line)
    })

    it.each<[string, Parameters<typeof besideOwn>[0]]>([
      ['accept', { accept: rejectBoom as never }],
      ['subject', { subject: rejectBoom as never }],
      ['claims', { claims: rejectBoom }],
    ])('is refused if %s is async, and its rejection does not end the process', async (name, also) => {
      const tokens = await start(besideOwn(also))
      logs.clear()
      const unhandled = await unhandledRejectionsOf(() =>
        expect(tokens.verify(idp.token())).rejects.toMatchObject(refusedWith('token_claims_invalid')),
      )

      expect(unhandled).toEqual([])
      expect(logs.text('error')).toContain(
        `The function ${name} of the option issuers must not be async, but returned a promise.`,
      )
    })

    it.each<[string, Parameters<typeof besideOwn>[0]]>([
      ['accept returns something else than true', { accept: () => 'yes' as unknown as boolean }],
      [
        'accept throws',
        {
          accept: () => {
            throw new Error('boom')
          },
        },
      ],
      [
        'subject throws',
        {
          subject: () => {
            throw new Error('boom')
          },
        },
      ],
      ['subject returns no string', { subject: () => 7 as unknown as string }],
      ['subject returns an empty string', { subject: () => '' }],
      ['subject returns 256 characters', { subject: () => 'x'.repeat(256) }],
      [
        'claims throws',
        {
          claims: () => {
            throw new Error('boom')
          },
        },
      ],
      ['claims returns an instance of a class', { claims: () => new Map() }],
    ])('is refused if %s', async (_, also) => {
      const tokens = await start(besideOwn(also))
      await expect(tokens.verify(idp.token())).rejects.toMatchObject(refusedWith('token_claims_invalid'))
    })

    it.each<[string, string, string]>([
      ['under another key', 'token_signature_invalid', idp.token({}, {}, partner.key)],
      ['of another type', 'token_wrong_type', idp.token({}, { typ: 'JWT' })],
      ['that has expired', 'token_expired', idp.token({ iat: inSeconds(-600), exp: inSeconds(-1) })],
      ['that is not active yet', 'token_not_active', idp.token({ nbf: inSeconds(60) })],
      ['for another audience', 'token_claims_invalid', idp.token({ aud: 'another-api' })],
      ['without a required claim', 'token_claims_invalid', idp.token({ email: undefined })],
      ['for another client', 'token_claims_invalid', idp.token({ azp: 'other' })],
    ])('asks no function of the app about a token %s', async (_, errorCode, token) => {
      const asked: string[] = []
      const note = (name: string) => {
        asked.push(name)
        throw new Error(`${name} was asked`)
      }
      const tokens = await start(
        besideOwn({
          clients: ['web'],
          requiredClaims: ['email'],
          accept: () => note('accept'),
          subject: () => note('subject'),
          claims: () => note('claims'),
        }),
      )
      await expect(tokens.verify(token)).rejects.toMatchObject(refusedWith(errorCode))

      expect(asked).toEqual([])
    })

    it('leaves own tokens as they are', async () => {
      const tokens = await start({ ...besideOwn(), claimsLoader: { useValue: new Admins() } })
      const pair = await tokens.issue('ida')
      const { claims, origin } = await tokens.verify(pair.accessToken)
      expect(claims).toMatchObject({ iss: OWN, sub: 'ida', is_admin: true })
      expect(origin).toBeUndefined()
      await expect(tokens.refresh(pair.refreshToken ?? '')).resolves.toMatchObject({ token_type: 'Bearer' })
    })

    it.each<[string, string, (tokens: TokenService, token: string) => Promise<unknown>]>([
      [
        'verify as a refresh token',
        idp.token(),
        (tokens, token) => tokens.verify(token, { kind: 'refresh' }),
      ],
      ['refresh', idp.token({ sid: 'x' }, { typ: 'rt+jwt' }), (tokens, token) => tokens.refresh(token)],
      ['revoke', idp.token({ jti: 'x' }), (tokens, token) => tokens.revoke(token)],
      [
        'consumeOneTimeToken',
        idp.token({}, { typ: 'reset+jwt' }),
        (tokens, token) => tokens.consumeOneTimeToken('reset', token),
      ],
    ])('is of the wrong type for %s, once its signature is found good', async (_, token, call) => {
      const tokens = await start(besideOwn())
      await expect(call(tokens, token)).rejects.toMatchObject(refusedWith('token_wrong_type'))
      await expect(call(tokens, breakSignature(token))).rejects.toMatchObject(
        refusedWith('token_signature_invalid'),
      )
    })
  })

  describe('is refused', () => {
    const stranger = newKey('key-1', { alg: 'ES256' })
    it.each<[string, string, string]>([
      ['under the key of another issuer', 'token_signature_invalid', idp.token({}, {}, partner.key)],
      ['under the iss of another issuer', 'token_signature_invalid', idp.token({ iss: partner.issuer })],
      ['under the iss of nobody', 'token_signature_invalid', idp.token({ iss: 'https://nobody.example' })],
      ['under our iss', 'token_signature_invalid', idp.token({ iss: OWN })],
      ['without iss', 'token_signature_invalid', idp.token({ iss: undefined })],
      ['with a list as iss', 'token_signature_invalid', idp.token({ iss: [idp.issuer] })],
      [
        'with iss in another spelling',
        'token_signature_invalid',
        idp.token({ iss: 'https://login.example.com' }),
      ],
      [
        'under a key of its own in the header',
        'token_signature_invalid',
        idp.token({}, { jwk: stranger.jwk }, stranger),
      ],
      ['with an unknown kid', 'token_signature_invalid', idp.token({}, { kid: 'other' })],
      ['with another algorithm', 'token_signature_invalid', idp.token({}, { alg: 'ES384' })],
      ['as an ID token', 'token_wrong_type', idp.token({}, { typ: 'JWT' })],
      ['without typ', 'token_wrong_type', idp.token({}, { typ: undefined })],
      ['with application/ inside typ', 'token_wrong_type', idp.token({}, { typ: 'aapplication/t+jwt' })],
      ['for another audience', 'token_claims_invalid', idp.token({ aud: 'another-api' })],
      ['without audience', 'token_claims_invalid', idp.token({ aud: undefined })],
      ['after its end', 'token_expired', idp.token({ iat: inSeconds(-600), exp: inSeconds(-1) })],
      ['before its start', 'token_not_active', idp.token({ nbf: inSeconds(60) })],
      ['with crit', 'token_malformed', idp.token({}, { crit: ['x'], x: 1 })],
      ['with a header of over 4,096 characters', 'token_malformed', idp.token({}, { x5c: 'x'.repeat(3072) })],
    ])('%s', async (_, errorCode, token) => {
      const tokens = await start(besideOwn())
      await expect(tokens.verify(token)).rejects.toMatchObject(refusedWith(errorCode))
    })

    it('not for a header of 4,000 characters, which own tokens may not have', async () => {
      const tokens = await start(besideOwn())
      const token = idp.token({}, { x5c: 'x'.repeat(2900) })
      await expect(tokens.verify(token)).resolves.toMatchObject({ kind: 'access' })
      expect(tokens.decodeUnverified(token)).toMatchObject({ claims: { iss: idp.issuer, sub: 'ada' } })
      await expect(tokens.verify(idp.token({ iss: OWN }, { x5c: 'x'.repeat(2900) }))).rejects.toMatchObject(
        refusedWith('token_malformed'),
      )
    })
  })

  it('may be typed in another case and with application/, or lack typ where the app says so', async () => {
    const tokens = await start({ issuers: [idp.options({ tokenTypes: ['JWT', null] })] })
    for (const typ of ['jwt', 'application/JWT', undefined]) {
      await expect(tokens.verify(idp.token({}, { typ }))).resolves.toMatchObject({ kind: 'access' })
    }
    await expect(tokens.verify(idp.token())).rejects.toMatchObject(refusedWith('token_wrong_type'))
  })

  it('may name a client instead of an audience', async () => {
    const tokens = await start({ issuers: [idp.options({ audience: undefined, clients: ['web'] })] })
    for (const claims of [{ client_id: 'web' }, { azp: 'web' }, { client_id: 'web', azp: 'other' }]) {
      await expect(tokens.verify(idp.token(claims))).resolves.toMatchObject({ kind: 'access' })
    }
    for (const claims of [{}, { client_id: 'other' }, { client_id: 'other', azp: 'web' }, { azp: ['web'] }]) {
      await expect(tokens.verify(idp.token(claims))).rejects.toMatchObject(
        refusedWith('token_claims_invalid'),
      )
    }
  })

  it('may lack kid if one key of its issuer fits', async () => {
    const one = await start({ issuers: [idp.options()] })
    await expect(one.verify(idp.token({}, { kid: undefined }))).resolves.toMatchObject({ kind: 'access' })
    const keys = { keys: [idp.key.jwk, newKey('key-2', { alg: 'ES256' }).jwk] as never }
    const two = await start({ issuers: [idp.options({ keys })] })
    await expect(two.verify(idp.token({}, { kid: undefined }))).rejects.toMatchObject(
      refusedWith('token_signature_invalid'),
    )
  })

  it('is told apart from one of another issuer with the same kid', async () => {
    const tokens = await start(besideOwn())
    for (const party of [idp, partner]) {
      const { claims } = await tokens.verify(party.token())
      expect(claims.sub).toBe(`${party.issuer}|ada`)
    }
  })

  it('tells the identity loader its issuer', async () => {
    const users = new Users()
    const app = await startModule({
      imports: [JwtAuthModule.forRoot({ ...besideOwn(), identityLoader: { useValue: users } })],
    })
    const tokens = app.get(TokenService)
    const { refreshToken = '' } = await tokens.issue('ida')
    await tokens.refresh(refreshToken)
    expect(users.asked).toEqual([{ purpose: 'refresh', issuer: OWN }])
  })
})

const adminSchema: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      (value as JwtClaims)['is_admin'] === true ? { value } : { issues: [{ message: 'no admin' }] },
  },
}

function throwBoom(): never {
  throw new Error('boom')
}

async function rejectBoom(): Promise<never> {
  throw new Error('boom')
}

class Admins extends ClaimsLoader {
  loadClaims() {
    return { is_admin: true }
  }
}

class Users extends IdentityLoader {
  readonly asked: IdentityLoaderContext[] = []

  loadIdentity({ sub }: JwtClaims, context: IdentityLoaderContext) {
    this.asked.push(context)
    return sub
  }
}
