import { Injectable, Module, Scope } from '@nestjs/common'
import { afterEach, describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, JwtAuthConfigError, JwtAuthModule } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { Doorman, everyRoute, type Settings } from './app.js'

@Injectable({ scope: Scope.REQUEST })
class Scoped extends Doorman {}

@Module({ providers: [Doorman], exports: [Doorman] })
class OneModule {}

@Module({ providers: [Doorman] })
class OtherModule {}

type Imports = Parameters<typeof startModule>[0]['imports']

/** What the start fails with, as text; undefined where it does not fail. */
async function bootError(settings: object, modules: Imports = [OneModule]): Promise<string | undefined> {
  const auth = JwtAuthModule.forRoot({ secret: SECRET, ...(settings as Settings) })
  try {
    await startModule({ imports: [auth, ...modules] })
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(JwtAuthConfigError)
    return (error as Error).message
  }
}

const on = { authenticator: Doorman, ...everyRoute }

describe('endpoints that are wrong', () => {
  it.each<[string, object]>([
    ['endpoints: ', { endpoints: true }],
    ['endpoints: ', { endpoints: 'auth' }],
    ['endpoints.path: ', { endpoints: { ...on, path: 7 } }],
    ['endpoints.path: ', { endpoints: { ...on, path: ['a', 'b'] } }],
    ['endpoints.logOut: ', { endpoints: { ...on, logOut: true } }],
    ['endpoints.refresh: ', { endpoints: { ...on, refresh: 'yes' } }],
    ['endpoints.login: ', { endpoints: { ...on, login: 'yes' } }],
    ['endpoints.login.pass: ', { endpoints: { ...on, login: { pass: 'p' } } }],
    ['endpoints.login.path: ', { endpoints: { ...on, login: { path: 1 } } }],
    ['endpoints.login.path: ', { endpoints: { ...on, login: { path: 'refresh' } } }],
    ['endpoints.login.path: ', { endpoints: { ...on, login: { path: '/Logout/' } } }],
    ['endpoints.login.path: ', { endpoints: { ...on, login: { path: 'logout-all' } } }],
    ['endpoints.login.username: ', { endpoints: { ...on, login: { username: '' } } }],
    ['endpoints.login.password: ', { endpoints: { ...on, login: { password: null } } }],
    ['endpoints.login.password: ', { endpoints: { ...on, login: { username: 'a', password: 'a' } } }],
    ['endpoints.decorators: ', { endpoints: { ...on, decorators: [] } }],
    ['endpoints.decorators: ', { endpoints: { ...on, decorators: null } }],
    ['endpoints.decorators.logIn: ', { endpoints: { ...on, decorators: { logIn: [] } } }],
    ['endpoints.decorators.login: ', { endpoints: { ...on, decorators: { login: () => undefined } } }],
    ['endpoints.decorators.login[0]: ', { endpoints: { ...on, decorators: { login: ['Throttle'] } } }],
    ['endpoints.decorators.login: ', { endpoints: { refresh: true, decorators: { login: [] } } }],
    ['endpoints.decorators.endSession: ', { endpoints: { refresh: true, decorators: { endSession: [] } } }],
    ['endpoints.authenticator: ', { endpoints: { login: true } }],
    ['endpoints.authenticator: ', { endpoints: { ...on, authenticator: 'Doorman' } }],
    ['endpoints.authenticator: ', { endpoints: { ...on, authenticator: class Absent extends Doorman {} } }],
    ['endpoints.refresh: ', { refreshToken: false, endpoints: { refresh: true } }],
    ['endpoints.logout: ', { refreshToken: false, endpoints: { logout: true } }],
    ['endpoints.logoutAll: ', { refreshToken: false, endpoints: { logoutAll: true } }],
    ['endpoints.sessions: ', { refreshToken: false, endpoints: { sessions: true } }],
    ['endpoints.jwks: ', { endpoints: { jwks: 'yes' } }],
    ['endpoints.jwks: The app has no public key to publish', { endpoints: { jwks: true } }],
  ])('stop the start with "%s…": %j', async (path, settings) => {
    expect(await bootError(settings)).toContain(path)
  })

  it('are reported together, each with the line to write', async () => {
    const text = await bootError({ audience: [], endpoints: { ...on, path: 7, sessions: 1 } }, [])

    for (const path of [
      'audience: ',
      'endpoints.path: ',
      'endpoints.sessions: ',
      'endpoints.authenticator: ',
    ]) {
      expect(text).toContain(path)
    }
    expect(text).toContain('providers: [Doorman]')
  })

  it('name both modules that provide the authenticator', async () => {
    expect(await bootError({ endpoints: on }, [OneModule, OtherModule])).toMatch(/OneModule and OtherModule/)
  })

  it('do not take an authenticator that is request-scoped', async () => {
    const auth = JwtAuthModule.forRoot({ secret: SECRET, endpoints: { authenticator: Scoped, login: true } })

    await expect(startModule({ imports: [auth], providers: [Scoped] })).rejects.toThrow(
      /endpoints\.authenticator.*Scoped is request-scoped/s,
    )
  })

  it('belong beside the factory, not into what it returns', async () => {
    const auth = JwtAuthModule.forRootAsync({
      useFactory: () => ({ secret: SECRET, endpoints: { login: true } }),
    })
    const started = startModule({ imports: [auth] })

    await expect(started).rejects.toThrow(/endpoints: .*next to useFactory/s)
  })
})

describe('endpoints that are right', () => {
  it.each<[string, object]>([
    [
      'login alone, without sessions',
      { refreshToken: false, endpoints: { authenticator: Doorman, login: true } },
    ],
    [
      'a login at the path of a route that is off',
      { endpoints: { authenticator: Doorman, login: { path: 'refresh' }, logout: true } },
    ],
    ['no authenticator without login', { endpoints: { refresh: true, logout: true } }],
    ['a value', { endpoints: { authenticator: { useValue: { authenticate: () => null } }, login: true } }],
    ['a factory', { endpoints: { authenticator: { useFactory: () => new Doorman() }, login: true } }],
    ['a class of its own', { endpoints: { authenticator: { useClass: Doorman }, login: true } }],
    ['options that are undefined', { endpoints: { path: undefined, login: undefined, refresh: undefined } }],
  ])('start with %s', async (_, settings) => {
    expect(await bootError(settings)).toBeUndefined()
  })

  it('start beside a factory', async () => {
    const auth = JwtAuthModule.forRootAsync({
      imports: [OneModule],
      endpoints: { authenticator: { useExisting: Doorman }, ...everyRoute },
      useFactory: () => ({ secret: SECRET }),
    })

    await expect(startModule({ imports: [auth] })).resolves.toBeDefined()
  })
})

describe('sessions in memory', () => {
  const environment = process.env['NODE_ENV']

  afterEach(() => {
    process.env['NODE_ENV'] = environment
  })

  it('stop the start in production, unless they are named outright', async () => {
    process.env['NODE_ENV'] = 'production'

    expect(await bootError({})).toContain('sessionStore: ')
    expect(await bootError({})).toContain('sessionStore: InMemorySessionStore')
    expect(await bootError({ sessionStore: InMemorySessionStore })).toBeUndefined()
    expect(await bootError({ sessionStore: { useClass: InMemorySessionStore } })).toBeUndefined()
    expect(await bootError({ refreshToken: false })).toBeUndefined()
  })

  it('are the default elsewhere', async () => {
    for (const name of ['development', 'test', '']) {
      process.env['NODE_ENV'] = name
      expect(await bootError({})).toBeUndefined()
    }
  })
})
