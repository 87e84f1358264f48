import { Controller, Get } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  InMemorySessionStore,
  type JwtAuthError,
  type JwtAuthEvent,
  JwtAuthEvents,
  JwtAuthModule,
  type TokenPair,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
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

  it('takes its parent inside the grace', async () => {
    const first = await app.tokens.issue('ada')
    const second = await app.tokens.refresh(refreshTokenOf(first))
    clock.advance('9s')
    expect((await app.get('/device', refreshTokenOf(first))).status).toBe(200)
    expect((await app.get('/device', refreshTokenOf(second))).status).toBe(200)
  })

  it.each<[string, (app: RunningApp) => Promise<{ spent: string; last: TokenPair }>]>([
    [
      'one that is older than the parent',
      async ({ tokens }) => {
        const first = await tokens.issue('ada')
        const second = await tokens.refresh(refreshTokenOf(first))
        return { spent: refreshTokenOf(first), last: await tokens.refresh(refreshTokenOf(second)) }
      },
    ],
    [
      'the parent after the grace',
      async ({ tokens }) => {
        const first = await tokens.issue('ada')
        const last = await tokens.refresh(refreshTokenOf(first))
        clock.advance('10s')
        return { spent: refreshTokenOf(first), last }
      },
    ],
  ])('takes a spent one for a stolen one, and ends its session: %s', async (_which, make) => {
    for (const present of [
      async (token: string) => (await app.get('/device', token)).body as { errorCode: string },
      (token: string) => app.tokens.verify(token, { kind: 'refresh' }).catch((error: JwtAuthError) => error),
    ]) {
      const { spent, last } = await make(app)
      const events: JwtAuthEvent[] = []
      const listening = app.nest.get(JwtAuthEvents).events$.subscribe((event) => void events.push(event))
      expect(await present(spent)).toMatchObject({ errorCode: 'refresh_reused' })
      listening.unsubscribe()

      expect(events).toContainEqual(
        expect.objectContaining({ type: 'refresh.reused', subject: 'ada', sessionId: last.sessionId }),
      )
      await expect(app.tokens.verify(last.access_token)).rejects.toMatchObject({ errorCode: 'token_revoked' })
      expect(await app.get('/device', refreshTokenOf(last))).toMatchObject(refused(401, 'token_revoked'))
      expect((await app.tokens.sessions('ada')).map(({ id }) => id)).not.toContain(last.sessionId)
    }
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
