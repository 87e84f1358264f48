import { Controller, Get } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { Claims, InMemorySessionStore, JwtAuthModule, UseRefreshToken } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../../support/adapters.js'
import { breakSignature, SECRET } from '../../support/forge.js'
import { refused } from '../../support/refusals.js'
import { refreshTokenOf } from './start.js'

@Controller('device')
class DeviceController {
  @Get()
  @UseRefreshToken()
  device(@Claims('sid') sid: string) {
    return { sid }
  }
}

describe.each(adapters)('@UseRefreshToken() on $name', (adapter) => {
  const clock = new FakeClock()
  let app: RunningApp

  beforeAll(async () => {
    const auth = JwtAuthModule.forRoot({ secret: SECRET, sessionStore: InMemorySessionStore })
    app = await startApp(adapter, { imports: [auth], controllers: [DeviceController] }, { clock })
  })

  it('takes the current refresh token, and does not rotate it', async () => {
    const pair = await app.tokens.issue('ada')
    const token = refreshTokenOf(pair)

    for (let round = 0; round < 3; round++) {
      expect(await app.get('/device', token)).toMatchObject({ status: 200, body: { sid: pair.sessionId } })
    }
    await expect(app.tokens.refresh(token)).resolves.toBeDefined()
  })

  it('takes its parent inside the grace, and none that is older', async () => {
    const first = await app.tokens.issue('ada')
    const second = await app.tokens.refresh(refreshTokenOf(first))
    expect((await app.get('/device', refreshTokenOf(first))).status).toBe(200)
    expect((await app.get('/device', refreshTokenOf(second))).status).toBe(200)
    const third = await app.tokens.refresh(refreshTokenOf(second))

    expect(await app.get('/device', refreshTokenOf(first))).toMatchObject(refused(401, 'token_revoked'))
    expect((await app.get('/device', refreshTokenOf(second))).status).toBe(200)
    clock.advance('10s')
    expect(await app.get('/device', refreshTokenOf(second))).toMatchObject(refused(401, 'token_revoked'))
    expect((await app.get('/device', refreshTokenOf(third))).status).toBe(200)
  })

  it('takes no access token, and none of a session that has ended', async () => {
    const pair = await app.tokens.issue('ada')
    const token = refreshTokenOf(pair)

    expect(await app.get('/device', pair.access_token)).toMatchObject(refused(401, 'token_wrong_type'))
    expect(await app.get('/device')).toMatchObject(refused(401, 'token_missing'))
    expect(await app.get('/device', breakSignature(token))).toMatchObject(
      refused(401, 'token_signature_invalid'),
    )
    await app.tokens.revokeAll('ada')
    expect(await app.get('/device', token)).toMatchObject(refused(401, 'token_revoked'))
  })
})
