import { Controller, Get, UseGuards } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtGuard, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, startModule, type RunningApp } from '../support/adapters.js'
import { ownAuthor } from '../security/sign-bytes.js'
import { breakSignature, readToken, reforge, SECRET } from '../support/forge.js'
import { attempts, type Issued, NOW, otherAttempts, stranger, withHeaderOf } from './attempts.js'
import { challengeErrorFor, challengeOf, refused } from '../support/refusals.js'

const now = NOW
const clock = new FakeClock(NOW * 1000)

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me(@Claims('sub') sub: string) {
    return { sub }
  }
}

describe.each(adapters)('verification on $name', (adapter) => {
  let app: RunningApp
  let issued: Issued

  beforeAll(async () => {
    const options = { secret: SECRET, issuer: 'https://shop.example', audience: 'shop', realm: 'The shop' }
    app = await startApp(
      adapter,
      { imports: [JwtAuthModule.forRoot(options)], controllers: [MeController] },
      { clock },
    )
  })

  beforeEach(async () => {
    clock.set(NOW * 1000)
    const pair = await app.tokens.issue('ida')
    issued = { access: pair.access_token, refresh: pair.refresh_token ?? '', author: ownAuthor, stranger }
  })

  it('lets a good token through, until the second in which it expires', async () => {
    expect(await app.get('/me', issued.access)).toMatchObject({ status: 200, body: { sub: 'ida' } })
    clock.advance(899)
    expect(await app.get('/me', issued.access)).toMatchObject({ status: 200 })
    clock.advance(1)
    expect(await app.get('/me', issued.access)).toMatchObject(refused(401, 'token_expired'))
  })

  it.each(['iat', 'nbf'])(
    'lets a token through whose %s is five seconds ahead, as clocks differ',
    async (name) => {
      clock.advance('300ms')
      const token = reforge(issued.access, { claims: { [name]: now + 5.3 } })
      const later = reforge(issued.access, { claims: { [name]: now + 5.4 } })

      expect(await app.get('/me', token)).toMatchObject({ status: 200 })
      expect(await app.get('/me', later)).toMatchObject(refused(401, 'token_not_active'))
    },
  )

  it('lets a token through whose header is 1,024 characters long', async () => {
    const token = withHeaderOf(1024)(issued)

    expect(token.indexOf('.')).toBe(1024)
    expect(await app.get('/me', token)).toMatchObject({ status: 200 })
  })

  it('takes one audience of several for enough', async () => {
    const token = reforge(issued.access, { claims: { aud: ['other', 'shop'] } })

    expect(await app.get('/me', token)).toMatchObject({ status: 200 })
  })

  it.each(attempts)('refuses %s with %s', async (_, code, make) => {
    const answer = await app.get('/me', make(issued))

    expect(answer).toMatchObject(refused(401, code))
    expect(Object.keys(answer.body as object).toSorted()).toEqual([
      'error',
      'errorCode',
      'message',
      'statusCode',
    ])
    expect(challengeOf(answer)).toEqual({
      scheme: 'Bearer',
      parameters: {
        realm: 'The shop',
        error: challengeErrorFor(401),
        error_description: expect.any(String),
      },
    })
  })

  it.each(otherAttempts)('refuses %s', async (_, make) => {
    const answer = await app.get('/me', make(issued))

    expect(answer.status).toBe(401)
    expect(challengeOf(answer)?.parameters['error']).toBe('invalid_token')
  })

  it('challenges without an error where there is no token', async () => {
    const answer = await app.get('/me')

    expect(answer).toMatchObject(refused(401, 'token_missing'))
    expect(challengeOf(answer)).toEqual({
      scheme: 'Bearer',
      parameters: { realm: 'The shop' },
    })
  })

  it('says the same for a code, whatever the token was', async () => {
    const other = await app.tokens.issueAccessToken('eve')
    const answers = await Promise.all(
      [issued.access, other].map((token) => app.get('/me', breakSignature(token))),
    )

    expect(answers[0]?.body).toEqual(answers[1]?.body)
  })

  it('keeps the tokens apart that it issues', () => {
    expect(readToken(issued.access).claims['jti']).not.toBe(readToken(issued.refresh).claims['jti'])
  })
})

describe('several issuers', () => {
  it('are all accepted, and the first is stamped', async () => {
    const issuer = ['https://new.example', 'https://old.example']
    const auth = JwtAuthModule.forRoot({ secret: SECRET, issuer })
    const tokens = (await startModule({ imports: [auth] }, { clock })).get(TokenService)
    const token = await tokens.issueAccessToken('ida')

    expect(readToken(token).claims['iss']).toBe('https://new.example')
    await expect(tokens.verify(token)).resolves.toBeTruthy()
    await expect(tokens.verify(reforge(token, { claims: { iss: issuer[1] } }))).resolves.toBeTruthy()
    for (const iss of ['https://other.example', undefined, issuer, 'https://new.example/']) {
      await expect(tokens.verify(reforge(token, { claims: { iss } }))).rejects.toMatchObject({
        errorCode: 'token_claims_invalid',
      })
    }
  })
})
