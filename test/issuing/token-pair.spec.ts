import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { ClassSerializerInterceptor, Controller, Get, Inject, Post } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { JwtAuthModule, TokenResponse, TokenService } from '@nest-jwt-auth/core'
import { adapters, startApp, startModule, type RunningApp } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'

async function issue(refreshToken?: false) {
  const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, refreshToken })] })
  return module.get(TokenService).issue('ida')
}

/** What a serializer does: own properties alone. */
const spread = (pair: object) => ({ ...pair })

const names = ['access_token', 'expires_in', 'refresh_expires_in', 'refresh_token', 'token_type']

describe('a token pair', () => {
  it('is the OAuth token response, also when spread or made JSON', async () => {
    const pair = await issue()

    expect(Object.keys(pair).toSorted()).toEqual(names)
    expect(Object.keys(spread(pair)).toSorted()).toEqual(names)
    expect(JSON.parse(JSON.stringify(pair))).toEqual(spread(pair))
    expect(pair).toMatchObject({ token_type: 'Bearer', expires_in: 900, refresh_expires_in: 2_592_000 })
  })

  it('survives structuredClone, and has getters that no serializer takes along', async () => {
    const pair = await issue()

    expect(structuredClone(pair)).toEqual(spread(pair))
    expect(pair.persistent).toBe(true)
    expect(Object.keys(pair)).not.toContain('persistent')
  })

  it('names the configured scheme as token_type', async () => {
    const locations = [{ header: 'authorization', scheme: 'JWT' }] as const
    for (const refreshToken of [false, undefined] as const) {
      const auth = JwtAuthModule.forRoot({ secret: SECRET, locations, refreshToken })
      const pair = await (await startModule({ imports: [auth] })).get(TokenService).issue('ida')

      expect(pair).toMatchObject({ token_type: 'JWT', tokenType: 'JWT' })
    }
  })

  it('over 4 KiB is an error with cookies, with sessions and without', async () => {
    for (const refreshToken of [false, undefined] as const) {
      const auth = JwtAuthModule.forRoot({ secret: SECRET, locations: ['cookie'], refreshToken })
      const tokens = (await startModule({ imports: [auth] })).get(TokenService)
      const claims = { note: 'x'.repeat(4096) }

      await expect(tokens.issue('ida', { claims })).rejects.toMatchObject({ code: 'cookie_too_large' })
      await expect(tokens.issue('ida')).resolves.toBeTruthy()
    }
  })

  it('has getters in camel case', async () => {
    const pair = await issue()

    expect(pair.accessToken).toBe(pair.access_token)
    expect(pair.expiresIn).toBe(900)
    expect(pair.refreshToken).toBe(pair.refresh_token)
    expect(pair.refreshExpiresIn).toBe(2_592_000)
  })

  it('shows no token to inspect', async () => {
    const pair = await issue()

    for (const shown of [inspect(pair), inspect({ pair }, { depth: 9, showHidden: true, getters: true })]) {
      expect(shown).not.toContain(pair.access_token)
      expect(shown).not.toContain(pair.refresh_token)
      expect(shown).not.toContain(pair.access_token.split('.')[2])
    }
  })

  it('shows inspect what is no token', async () => {
    expect(inspect(await issue(), { breakLength: Infinity })).toBe(
      "TokenPair { access_token: '[redacted]', token_type: 'Bearer', expires_in: 900, " +
        "refresh_token: '[redacted]', refresh_expires_in: 2592000 }",
    )
  })

  it('is declared to class-transformer with the first pair of an app', async () => {
    jest.resetModules()
    const { TokenPair } = await import('@nest-jwt-auth/core')
    const { instanceToPlain } = await import('class-transformer')
    const access = { token: 'a.b.c', claims: {}, expiresIn: 900 }
    const refresh = { token: 'd.e.f', claims: {}, expiresIn: 3600, sessionId: 's' }
    const pair = new TokenPair({ tokenType: 'Bearer', access, refresh })

    expect(instanceToPlain(pair, { strategy: 'excludeAll' })).toEqual(spread(pair))
  })

  describe('of an app that was started in another way', () => {
    /** A folder without packages, as are those above it. */
    const outside = join(tmpdir(), 'no-such-app')
    /** The first pair of an app, as far as class-transformer knows it. */
    const firstPair = async () => {
      jest.resetModules()
      const { TokenPair } = await import('@nest-jwt-auth/core')
      const access = { token: 'a.b.c', claims: {}, expiresIn: 900 }
      return new TokenPair({ tokenType: 'Bearer', access })
    }
    const serialized = async (pair: object) =>
      (await import('class-transformer')).instanceToPlain(pair, { strategy: 'excludeAll' })

    afterEach(() => void jest.restoreAllMocks())

    it('is declared where there is no main file, as in a REPL', async () => {
      jest.replaceProperty(process, 'argv', [process.execPath])
      const pair = await firstPair()

      expect(await serialized(pair)).toEqual(spread(pair))
    })

    it('is declared to the class-transformer beside the main file, wherever the process runs', async () => {
      jest.spyOn(process, 'cwd').mockReturnValue(outside)
      const pair = await firstPair()

      expect(await serialized(pair)).toEqual(spread(pair))
    })

    it('is made all the same where the app has no class-transformer', async () => {
      jest.spyOn(process, 'cwd').mockReturnValue(outside)
      jest.replaceProperty(process, 'argv', [process.execPath, join(outside, 'main.js')])
      const pair = await firstPair()

      expect(pair.access_token).toBe('a.b.c')
      expect(await serialized(pair)).toEqual({})
    })
  })

  it('holds two tokens that differ in type and jti', async () => {
    const pair = await issue()
    const access = readToken(pair.access_token)
    const refresh = readToken(pair.refresh_token ?? '')

    expect([access.header['typ'], refresh.header['typ']]).toEqual(['at+jwt', 'rt+jwt'])
    expect(access.claims['sub']).toBe(refresh.claims['sub'])
    expect(access.claims['jti']).not.toBe(refresh.claims['jti'])
  })

  it('has no refresh token, and no sid, where sessions are off', async () => {
    const pair = await issue(false)

    expect(Object.keys(pair).toSorted()).toEqual(['access_token', 'expires_in', 'token_type'])
    expect(readToken(pair.access_token).claims).not.toHaveProperty('sid')
  })
})

@Controller('auth')
class AuthController {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Post('login')
  @TokenResponse()
  login() {
    return this.tokens.issue('ida')
  }

  @Post('late')
  @TokenResponse()
  async late() {
    await new Promise((resolve) => setImmediate(resolve))
    const pair = await this.tokens.issue('ida')
    return { ...spread(pair), name: 'Ida' }
  }

  @Post('reserved')
  reserved() {
    return this.tokens.issue('ida', { claims: { sub: 'root' } })
  }

  @Get('nothing')
  nothing() {
    return { issued: false }
  }
}

describe.each(adapters)('issuing within a request on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [AuthController],
    })
  })

  beforeEach(() => logs.clear())

  it('survives the return from a handler', async () => {
    const answer = await app.post('/auth/login', {})

    expect(Object.keys(answer.body as object).toSorted()).toEqual(names)
    expect((await app.post('/auth/late', {})).body).toMatchObject({ name: 'Ida', token_type: 'Bearer' })
  })

  it.each(['/auth/login', '/auth/late'])('keeps the answer of %s out of caches', async (path) => {
    expect((await app.post(path, {})).headers['cache-control']).toBe('no-store')
  })

  it.each(['excludeAll', 'exposeAll'] as const)(
    'survives a serializer with the strategy %s',
    async (strategy) => {
      const serialized = await startApp(
        adapter,
        { imports: [JwtAuthModule.forRoot({ secret: SECRET })], controllers: [AuthController] },
        {
          configure: (nest) =>
            nest.useGlobalInterceptors(new ClassSerializerInterceptor(nest.get(Reflector), { strategy })),
        },
      )

      const answer = await serialized.post('/auth/login', {})

      expect(Object.keys(answer.body as object).toSorted()).toEqual(names)
    },
  )

  it('leaves other answers alone', async () => {
    expect((await app.get('/auth/nothing')).headers['cache-control']).toBeUndefined()
  })

  it('answers 500 to a programming error, and logs the cause', async () => {
    const answer = await app.post('/auth/reserved', {})

    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('token')
    expect(logs.text('error')).toMatch(/\bsub\b/)
  })
})
