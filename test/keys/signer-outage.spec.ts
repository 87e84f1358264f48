import { setImmediate } from 'node:timers/promises'
import { Controller, Post } from '@nestjs/common'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import {
  InMemorySessionStore,
  JwtAuthModule,
  type JwtAuthError,
  JwtAuthEvents,
  TokenResponse,
  TokenService,
} from '@nest-jwt-auth/core'
import { adapters, startApp, startModule } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import { refused } from '../support/refusals.js'
import { startAuth } from '../endpoints/app.js'
import { canary, failingKms, failures } from './failing-kms.js'

const unavailable = { errorCode: 'keys_unavailable', status: 503 }
const errorLines = () => logs.lines.filter(({ level }) => level === 'error').map(({ text }) => text)

async function startWithKms() {
  const kms = failingKms()
  const auth = JwtAuthModule.forRoot({ keys: [kms.key], sessionStore: InMemorySessionStore })
  const module = await startModule({ imports: [auth] })
  logs.clear()
  return { kms, module, tokens: module.get(TokenService) }
}

describe.each(failures)('while the signer %s', (failure) => {
  it('every call that signs is keys_unavailable, and good again later', async () => {
    const { kms, tokens } = await startWithKms()
    const { refreshToken = '' } = await tokens.issue('ida')
    kms.fail(failure)

    const calls = [
      () => tokens.issue('ida'),
      () => tokens.issueAccessToken('ida'),
      () => tokens.issueOneTimeToken('reset', 'ida', { expiresIn: '1h' }),
      () => tokens.refresh(refreshToken),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject(unavailable)
    expect(await tokens.sessions('ida')).toHaveLength(1)

    kms.recover()
    for (const call of calls) await expect(call()).resolves.toBeDefined()
  })

  it('a refresh token stays as good as it was', async () => {
    const { kms, module, tokens } = await startWithKms()
    const { refreshToken = '', accessToken, sessionId } = await tokens.issue('ida')
    const [before] = await tokens.sessions('ida')
    const events: string[] = []
    module.get(JwtAuthEvents).events$.subscribe(({ type }) => events.push(type))
    kms.fail(failure)

    for (let at = 0; at < 3; at++) {
      await expect(tokens.refresh(refreshToken)).rejects.toMatchObject(unavailable)
    }
    expect(await tokens.sessions('ida')).toEqual([before])
    expect(events).toEqual([])
    await expect(tokens.verify(accessToken)).resolves.toBeDefined()
    await expect(tokens.verify(refreshToken, { kind: 'refresh' })).resolves.toBeDefined()

    kms.recover()
    const next = await tokens.refresh(refreshToken)
    expect(next.sessionId).toBe(sessionId)
    await expect(tokens.refresh(next.refreshToken ?? '')).resolves.toBeDefined()
  })

  it('one line tells of it and one of its end, however many calls it costs', async () => {
    const { kms, tokens } = await startWithKms()
    kms.fail(failure)
    const calls = await Promise.allSettled(Array.from({ length: 100 }, () => tokens.issue('ida')))

    expect(calls.filter(({ status }) => status === 'fulfilled')).toEqual([])
    expect(errorLines()).toEqual([expect.stringContaining('The signer of the key "kms" is unavailable.')])
    kms.recover()
    await Promise.all(Array.from({ length: 100 }, () => tokens.issue('ida')))
    const infos = logs.lines.filter(({ level }) => level === 'log').map(({ text }) => text)
    expect(infos).toEqual([expect.stringContaining('The signer of the key "kms" is available again.')])
    kms.fail(failure)
    await expect(tokens.issue('ida')).rejects.toMatchObject(unavailable)
    expect(errorLines()).toHaveLength(2)
  })
})

it('what a signer throws is logged with its stack, and in no answer', async () => {
  const { kms, tokens } = await startWithKms()
  kms.fail('rejects')
  const error = (await tokens.issue('ida').catch((thrown: unknown) => thrown)) as JwtAuthError

  expect(JSON.stringify([error.getResponse(), error.message, error.extensions])).not.toContain(canary)
  expect(errorLines().join()).toContain(canary)
})

it('the token before the current one stays good for a repeat inside the grace', async () => {
  const { kms, tokens } = await startWithKms()
  const { refreshToken = '' } = await tokens.issue('ida')
  const first = await tokens.refresh(refreshToken)
  kms.fail('rejects')
  await expect(tokens.refresh(refreshToken)).rejects.toMatchObject(unavailable)

  kms.recover()
  const again = await tokens.refresh(refreshToken)
  expect(tokens.decodeUnverified(again.refreshToken ?? '').claims['jti']).toBe(
    tokens.decodeUnverified(first.refreshToken ?? '').claims['jti'],
  )
})

describe('a signer that does not answer', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  /** Waits until the signer was asked so many times. */
  async function untilAsked(kms: ReturnType<typeof failingKms>, count: number): Promise<void> {
    while (kms.asked.length < count) await setImmediate()
  }

  it('costs 5 seconds and no more, and may give its call up', async () => {
    const { kms, tokens } = await startWithKms()
    kms.fail('is silent')
    let isSettled = false
    const issued = tokens.issue('ida').finally(() => (isSettled = true))
    const refusal = expect(issued).rejects.toMatchObject(unavailable)
    await untilAsked(kms, 1)

    jest.advanceTimersByTime(4999)
    for (let turn = 0; turn < 10; turn++) await setImmediate()
    expect([isSettled, kms.asked[0]?.signal.aborted]).toEqual([false, false])
    jest.advanceTimersByTime(1)
    await refusal
    expect(kms.asked[0]?.signal.aborted).toBe(true)
    expect(errorLines().join()).toContain('did not answer within 5 seconds')
  })

  it('may answer later: nothing comes of it', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    try {
      const { kms, tokens } = await startWithKms()
      kms.fail('is silent')
      const calls = Promise.allSettled(Array.from({ length: 100 }, () => tokens.issueAccessToken('ida')))
      await untilAsked(kms, 100)
      jest.advanceTimersByTime(5000)
      const settled = await calls
      expect(settled.every(({ status }) => status === 'rejected')).toBe(true)
      kms.asked.forEach(({ end }) => end())
      for (let turn = 0; turn < 10; turn++) await setImmediate()

      expect(unhandled).toEqual([])
      expect(errorLines()).toHaveLength(1)
      expect(jest.getTimerCount()).toBe(0)
    } finally {
      process.off('unhandledRejection', note)
    }
  })

  it('leaves no timer behind when it does', async () => {
    const { tokens } = await startWithKms()
    await tokens.issue('ida')

    expect(jest.getTimerCount()).toBe(0)
  })
})

@Controller()
class LoginController {
  constructor(private readonly tokens: TokenService) {}

  @Post('login')
  @TokenResponse()
  login() {
    return this.tokens.issue('ida')
  }
}
Reflect.defineMetadata('design:paramtypes', [TokenService], LoginController)

describe.each(adapters)('over HTTP on $name an outage of the signer', (adapter) => {
  it('is a 503 with Retry-After from a handler of the app', async () => {
    const kms = failingKms()
    const auth = JwtAuthModule.forRoot({ keys: [kms.key], sessionStore: InMemorySessionStore })
    const app = await startApp(adapter, { imports: [auth], controllers: [LoginController] })
    kms.fail('rejects')
    const answer = await app.post('/login', {})

    expect(answer).toMatchObject(refused(503, 'keys_unavailable'))
    expect(answer.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' })
    expect(answer.headers['www-authenticate']).toBeUndefined()
    expect(answer.text).not.toContain(canary)
    kms.recover()
    expect((await app.post('/login', {})).status).toBe(200)
  })

  it('is the same from the ready-made routes, and costs nobody a session', async () => {
    const kms = failingKms()
    const client = await startAuth(adapter, { secret: undefined, keys: [kms.key] })
    const { refresh_token: refresh, access_token: access } = await client.logIn()
    kms.fail('rejects')
    for (const answer of [
      await client.app.post('/auth/login', { username: 'ada', password: 'first-engine' }),
      await client.refresh(refresh),
    ]) {
      expect(answer).toMatchObject(refused(503, 'keys_unavailable'))
      expect(answer.headers['retry-after']).toBe('1')
    }
    expect(await client.me(access)).toMatchObject({ status: 200 })
    expect(await client.sessions(access)).toHaveLength(1)

    kms.recover()
    expect((await client.refresh(refresh)).status).toBe(200)
  })

  it('keeps a cookie-borne refresh token in the browser', async () => {
    const kms = failingKms()
    const { app } = await startAuth(adapter, {
      secret: undefined,
      keys: [kms.key],
      locations: ['cookie'],
      cookies: { secure: false },
    })
    const sameOrigin: [string, string] = ['Sec-Fetch-Site', 'same-origin']
    const login = await app.send({
      method: 'POST',
      path: '/auth/login',
      body: { username: 'ada', password: 'first-engine' },
      headers: [sameOrigin],
    })
    const cookies = (login.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0])
    const live = cookies.filter((cookie) => !cookie?.endsWith('='))
    kms.fail('rejects')
    const headers: [string, string][] = [sameOrigin, ['Cookie', live.join('; ')]]
    const answer = await app.send({ method: 'POST', path: '/auth/refresh', headers })

    expect(answer).toMatchObject(refused(503, 'keys_unavailable'))
    expect(answer.headers['set-cookie']).toBeUndefined()
    kms.recover()
    expect((await app.send({ method: 'POST', path: '/auth/refresh', headers })).status).toBe(200)
  })
})
