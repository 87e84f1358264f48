import { Controller, Post } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  Claims,
  InMemorySessionStore,
  JwtAuthModule,
  type LookUpInput,
  type LookUpResult,
  RequireClaims,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

class CountingStore extends InMemorySessionStore {
  lookUps = 0

  override lookUp(input: LookUpInput): Promise<LookUpResult> {
    this.lookUps++
    return super.lookUp(input)
  }
}

@Controller('change')
class ChangeController {
  @Post()
  @RequireClaims({ role: 'editor' })
  change(@Claims('sub') sub: string) {
    return { sub }
  }

  @Post('device')
  @UseRefreshToken()
  device(@Claims('sub') sub: string) {
    return { sub }
  }
}

describe.each(adapters)('a request of a foreign page, with cookies, on $name', (adapter) => {
  const store = new CountingStore()
  let app: RunningApp

  beforeAll(async () => {
    const auth = JwtAuthModule.forRoot({
      secret: SECRET,
      locations: ['cookie'],
      sessionStore: { useValue: store },
      refreshToken: { reuseGrace: 0 },
    })
    app = await startApp(adapter, { imports: [auth], controllers: [ChangeController] })
  })

  beforeEach(() => void (store.lookUps = 0))

  const post = (path: string, cookie: string, site: string) =>
    app.send({
      method: 'POST',
      path,
      headers: [
        ['Cookie', cookie],
        ['Sec-Fetch-Site', site],
      ],
    })

  it('is refused before the store is asked, and does not learn whether the session has ended', async () => {
    const { access_token: token, sessionId = '' } = await app.tokens.issue('ada')
    const cookie = `__Host-access_token=${token}`

    expect(await post('/change', cookie, 'cross-site')).toMatchObject(refused(403, 'csrf_failed'))
    await app.tokens.revokeSession(sessionId)
    expect(await post('/change', cookie, 'cross-site')).toMatchObject(refused(403, 'csrf_failed'))
    expect(store.lookUps).toBe(0)
    expect(await post('/change', cookie, 'same-origin')).toMatchObject(refused(401, 'token_revoked'))
  })

  it('ends no session by a refresh token that was spent', async () => {
    const { refresh_token: spent = '' } = await app.tokens.issue('ada')
    const { access_token: token } = await app.tokens.refresh(spent)
    const cookie = `__Host-refresh_token=${spent}`
    store.lookUps = 0

    expect(await post('/change/device', cookie, 'cross-site')).toMatchObject(refused(403, 'csrf_failed'))
    expect(store.lookUps).toBe(0)
    await app.tokens.verify(token)
    expect(await post('/change/device', cookie, 'same-origin')).toMatchObject(refused(401, 'refresh_reused'))
  })
})
