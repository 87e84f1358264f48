import { Controller, Get } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import {
  CurrentIdentity,
  JwtAuthModule,
  JwtGuard,
  type JwtAuthExtras,
  type JwtAuthOptions,
  TokenService,
} from '@nest-jwt-auth/core'
import { UseGuards } from '@nestjs/common'
import { adapters, startApp, startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'

type Options = Partial<JwtAuthOptions & JwtAuthExtras>

/** What the claims loader was given, call by call. */
async function startWith(options: Options) {
  const seen: unknown[] = []
  const claimsLoader = { useValue: { loadClaims: (identity: unknown) => void seen.push(identity) } }
  const auth = JwtAuthModule.forRoot({ secret: SECRET, claimsLoader, ...options })
  return { seen, tokens: (await startModule({ imports: [auth] })).get(TokenService) }
}

const required = {
  code: 'identity_loader_required',
  message: expect.stringContaining('identityLoader') as unknown,
}

describe('a claims loader without an identity loader', () => {
  it.each<[string, unknown, Options]>([
    ['a number', 42, {}],
    ['zero', 0, {}],
    ['a bigint', 42n, {}],
    ['an object', { id: '42' }, {}],
    ['an object with a numeric id', { id: 42 }, {}],
    [
      'a string that the subject option changes',
      'Ida',
      { subject: (name) => (name as string).toLowerCase() },
    ],
    [
      'an object that the subject option maps',
      { uid: 4 },
      { subject: (user) => String((user as { uid: number }).uid) },
    ],
    ['an array that the subject option maps', ['ida'], { subject: (list) => String((list as string[])[0]) }],
  ])('is not given %s at login and a string at refresh: issue refuses it', async (_, identity, options) => {
    const { tokens, seen } = await startWith(options)

    await expect(tokens.issue(identity)).rejects.toMatchObject(required)
    expect(seen).toEqual([])
  })

  it('is given the subject string at login and at refresh', async () => {
    const { tokens, seen } = await startWith({})
    await tokens.refresh((await tokens.issue('42')).refreshToken ?? '')

    expect(seen).toEqual(['42', '42', '42', '42'])
  })

  it.each<[number, Options]>([
    [1, {}],
    [0, { refreshToken: false }],
    [0, { identityLoader: { useValue: { loadIdentity: () => 'ida' } } }],
  ])('is warned about %d times at boot, with %j', async (times, options) => {
    logs.clear()
    await startWith(options)

    expect(logs.text('warn').split('identityLoader').length > 1 ? 1 : 0).toBe(times)
  })

  it('may get any identity if there are no refresh tokens', async () => {
    const { tokens, seen } = await startWith({ refreshToken: false })
    await tokens.issue(42)

    expect(seen).toEqual([42])
  })
})

it('with an identity loader a claims loader is given what that finds, of the same kind as at login', async () => {
  const { tokens, seen } = await startWith({
    identityLoader: { useValue: { loadIdentity: ({ sub }) => Number(sub) } },
  })
  await tokens.refresh((await tokens.issue(42)).refreshToken ?? '')

  expect(seen).toEqual([42, 42, 42, 42])
})

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me(@CurrentIdentity() identity: unknown) {
    return { identity }
  }
}

describe.each(adapters)('@CurrentIdentity without an identity loader on $name', (adapter) => {
  it('is the subject string, also for a number', async () => {
    const app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [MeController],
    })
    const { access_token: token } = await app.tokens.issue(42)

    expect(await app.get('/me', token)).toMatchObject({ status: 200, body: { identity: '42' } })
  })
})

describe('sessions, revokeAll and revokeSession', () => {
  it.each<[string, Options, string | number, string | number]>([
    ['a number that was issued for', {}, 42, 42],
    ['its subject string', {}, 42, '42'],
    ['a number that the subject option maps', { subject: (id) => `user:${id as number}` }, 42, 42],
    ['the subject string that the option made', { subject: (id) => `user:${id as number}` }, 42, 'user:42'],
  ])('take %s', async (_, options, identity, named) => {
    const auth = JwtAuthModule.forRoot({ secret: SECRET, ...options })
    const tokens = (await startModule({ imports: [auth] })).get(TokenService)
    const pair = await tokens.issue(identity)
    const id = pair.sessionId ?? ''

    expect(await tokens.sessions(named)).toMatchObject([{ id }])
    expect(await tokens.revokeSession(id, { subject: 'another' })).toBe(false)
    expect(await tokens.revokeSession(id, { subject: named })).toBe(true)
    await tokens.issue(identity)
    expect(await tokens.revokeAll(named)).toBe(1)
    expect(await tokens.sessions(named)).toEqual([])
  })

  it.each([NaN, Infinity, '', {}, { id: 42 }, null, undefined])('refuse %p as a subject', async (named) => {
    const tokens = (await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })).get(
      TokenService,
    )
    const subject = named as string
    const invalid = { code: 'subject_invalid' }

    await expect(tokens.sessions(subject)).rejects.toMatchObject(invalid)
    await expect(tokens.revokeAll(subject)).rejects.toMatchObject(invalid)
    if (named !== undefined) {
      await expect(tokens.revokeSession('x', { subject })).rejects.toMatchObject(invalid)
    }
  })
})
