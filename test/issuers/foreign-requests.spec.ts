import { Controller, Get, UseGuards } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import {
  Claims,
  CurrentIdentity,
  IdentityLoader,
  type IdentityLoaderContext,
  JwtAuthModule,
  type JwtClaims,
  JwtGuard,
  RequireClaims,
  RequireFresh,
  RequireScopes,
} from '@nest-jwt-auth/core'
import { adapters, startApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'
import { inSeconds, OtherParty } from './foreign-app.js'

const OWN = 'https://api.example.com'
const staff = new OtherParty('https://staff.example.com')
const partner = new OtherParty('https://partner.example.net')
const supplier = new OtherParty('https://supplier.example.org')

@Controller()
@UseGuards(JwtGuard)
class ItemsController {
  @Get('claims')
  claims(@Claims() claims: JwtClaims) {
    return claims
  }

  @Get('identity')
  identity(@CurrentIdentity() identity: unknown) {
    return { identity }
  }

  @Get('admin')
  @RequireClaims({ is_admin: true })
  admin() {
    return 'in'
  }

  @Get('fresh')
  @RequireFresh('10m')
  fresh() {
    return 'in'
  }

  @Get('fresh-here')
  @RequireClaims({ iss: OWN })
  @RequireFresh('10m')
  freshHere() {
    return 'in'
  }

  @Get('roles')
  @RequireClaims({ roles: 'admin' })
  roles() {
    return 'in'
  }

  @Get('write')
  @RequireScopes('items:write')
  write() {
    return 'in'
  }
}

class Users extends IdentityLoader {
  loadIdentity({ sub }: JwtClaims, { issuer }: IdentityLoaderContext) {
    return sub.endsWith('gone') ? null : `${sub} of ${issuer}`
  }
}

describe.each(adapters)('a request with a token of another issuer, on $name', (adapter) => {
  const start = () =>
    startApp(adapter, {
      controllers: [ItemsController],
      imports: [
        JwtAuthModule.forRoot({
          secret: SECRET,
          issuer: OWN,
          issuers: [
            staff.options({ scopeClaims: ['scp', 'permissions'], claims: 'all' }),
            partner.options(),
            supplier.options({ scopeClaims: ['scp', 'roles'] }),
          ],
          identityLoader: { useValue: new Users() },
          endpoints: { logout: true, logoutAll: true, sessions: true },
        }),
      ],
    })

  it('is let in, with the identity that the loader finds', async () => {
    const app = await start()
    const token = partner.token()
    expect(await app.get('/claims', token)).toMatchObject({
      status: 200,
      body: { iss: partner.issuer, sub: `${partner.issuer}|ada` },
    })
    expect((await app.get('/identity', token)).body).toEqual({
      identity: `${partner.issuer}|ada of ${partner.issuer}`,
    })
    expect(await app.get('/identity', partner.token({ sub: 'gone' }))).toMatchObject(
      refused(401, 'identity_unknown'),
    )
  })

  it('is no admin because a partner says so', async () => {
    const app = await start()
    expect(await app.get('/admin', partner.token({ is_admin: true }))).toMatchObject(
      refused(403, 'insufficient_claims'),
    )
    expect(await app.get('/admin', staff.token({ is_admin: true }))).toMatchObject({ status: 200 })
  })

  it('is fresh after a recent login at its issuer, unless the route demands the own one', async () => {
    const app = await start()
    const [recent, late] = [partner.token({ auth_time: inSeconds(-60) }), partner.token()]
    expect(await app.get('/fresh', recent)).toMatchObject({ status: 200 })
    expect(await app.get('/fresh', late)).toMatchObject(refused(401, 'insufficient_user_authentication'))
    expect(await app.get('/fresh-here', recent)).toMatchObject(refused(403, 'insufficient_claims'))
  })

  it('has its scopes in the claims that the issuer has them in, and in no others', async () => {
    const app = await start()
    for (const claims of [
      { scp: ['items:write'] },
      { scp: 'a items:write' },
      { permissions: ['items:write'] },
    ]) {
      expect(await app.get('/write', staff.token(claims))).toMatchObject({ status: 200 })
    }
    expect(await app.get('/write', partner.token({ scope: 'items:write' }))).toMatchObject({ status: 200 })
    const none = [
      staff.token({ scope: 'items:write' }),
      partner.token({ scp: ['items:write'] }),
      partner.token({ permissions: ['items:write'] }),
    ]
    for (const token of none) {
      expect(await app.get('/write', token)).toMatchObject(refused(403, 'insufficient_scope'))
    }
  })

  it('has all its scopes in the claim scope, and in no claim that own tokens may have', async () => {
    const app = await start()
    const token = supplier.token({ scp: 'items:write read', roles: ['admin', 'read'], scope: 'root' })
    const { body } = await app.get('/claims', token)
    expect(body).toMatchObject({ scope: 'items:write read admin' })
    expect(body).not.toHaveProperty('roles')
    expect(body).not.toHaveProperty('scp')
    expect(await app.get('/write', token)).toMatchObject({ status: 200 })
    expect(await app.get('/roles', token)).toMatchObject(refused(403, 'insufficient_claims'))
  })

  it('has no scope that is made of the words of a role', async () => {
    const app = await start()
    for (const roles of [['no items:write'], ['items:write '], [['items:write']], ['items:write', 1]]) {
      const granted = roles[0] === 'items:write'
      const token = supplier.token({ roles })
      const { body } = await app.get('/claims', token)
      expect((body as JwtClaims)['scope']).toBe(granted ? 'items:write' : undefined)
      expect(await app.get('/write', token)).toMatchObject(
        granted ? { status: 200 } : refused(403, 'insufficient_scope'),
      )
    }
  })

  it('is of the wrong type for the ready-made routes', async () => {
    const app = await start()
    const token = staff.token({ sid: 'abc', jti: 'abc' })
    const answers = [
      await app.get('/auth/sessions', token),
      await app.delete('/auth/sessions/abc', token),
      await app.post('/auth/logout', {}, token),
      await app.post('/auth/logout-all', {}, token),
      await app.post('/auth/logout', { refresh_token: token }),
    ]
    for (const answer of answers) expect(answer).toMatchObject(refused(401, 'token_wrong_type'))
  })

  it('has nothing to do with sessions here: revokeAll does not end it', async () => {
    const app = await start()
    await app.tokens.revokeAll(`${partner.issuer}|ada`)
    expect(await app.get('/claims', partner.token({ sid: 'abc' }, { generation: 7 }))).toMatchObject({
      status: 200,
    })
  })
})
