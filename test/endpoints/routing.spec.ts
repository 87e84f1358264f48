import {
  BadRequestException,
  Injectable,
  VersioningType,
  type INestApplication,
  type PipeTransform,
} from '@nestjs/common'
import { APP_GUARD, APP_PIPE } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import { JwtGuard } from '@nest-jwt-auth/core'
import { adapters, startApp } from '../support/adapters.js'
import { refused } from '../support/refusals.js'
import { ada, authApp, AuthClient, Doorman, everyRoute, startAuth, type Tokens } from './app.js'

/** Stricter than any `ValidationPipe`: nothing passes. */
@Injectable()
class NothingPasses implements PipeTransform {
  transform(): never {
    throw new BadRequestException('a pipe was asked')
  }
}

const routes = [
  { name: 'login', method: 'POST', path: '/auth/login' },
  { name: 'refresh', method: 'POST', path: '/auth/refresh' },
  { name: 'logout', method: 'POST', path: '/auth/logout' },
  { name: 'logoutAll', method: 'POST', path: '/auth/logout-all' },
  { name: 'sessions', method: 'GET', path: '/auth/sessions' },
  { name: 'sessions', method: 'DELETE', path: '/auth/sessions/some-id' },
]

describe.each(adapters)('the ready-made routes on $name', (adapter) => {
  it.each([undefined, {}, { login: false, refresh: false, logout: undefined }])(
    'are off unless they are named: %j',
    async (endpoints) => {
      const { app } = await startAuth(adapter, { endpoints })

      for (const { method, path } of routes) expect((await app.send({ method, path })).status).toBe(404)
    },
  )

  it.each([...new Set(routes.map(({ name }) => name))])('are on one by one: %s', async (name) => {
    const { app } = await startAuth(adapter, { endpoints: { authenticator: Doorman, [name]: true } })

    for (const route of routes) {
      const { status } = await app.send({ method: route.method, path: route.path })
      if (route.name === name) expect([400, 401]).toContain(status)
      else expect(status).toBe(404)
    }
  })

  it.each<[string, string, (app: INestApplication) => unknown]>([
    ['a global prefix', '/api/v2', (app) => app.setGlobalPrefix('api/v2')],
    ['URI versions', '', (app) => app.enableVersioning({ type: VersioningType.URI })],
    [
      'URI versions with a default',
      '/v1',
      (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    ],
    [
      'a prefix and URI versions',
      '/api/v1',
      (app) =>
        app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: ['1', '2'] }),
    ],
    [
      'versions by a header',
      '',
      (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    ],
  ])('work with %s', async (_, prefix, configure) => {
    const { app } = await startAuth(adapter, {}, { configure })
    const { body } = await app.post(`${prefix}/auth/login`, ada)
    const { access_token: access, refresh_token: refresh } = body as Tokens
    const refreshed = await app.post(`${prefix}/auth/refresh`, { refresh_token: refresh })
    expect(refreshed.status).toBe(200)
    const sessions = (await app.get(`${prefix}/auth/sessions`, access)).body as { id: string }[]

    expect((await app.delete(`${prefix}/auth/sessions/${sessions[0]?.id}`, access)).status).toBe(204)
    expect((await app.post(`${prefix}/auth/logout`, undefined, access)).status).toBe(204)
    expect(await app.post(`${prefix}/auth/logout-all`, undefined, access)).toMatchObject(
      refused(401, 'token_revoked'),
    )
    if (prefix !== '') expect((await app.post('/auth/login', ada)).status).toBe(404)
  })

  it.each(['', '/', 'account', '/account/', 'a/b'])('are found below the path %j', async (path) => {
    const { app } = await startAuth(adapter, {
      endpoints: { path, authenticator: Doorman, ...everyRoute },
    })
    const base = path.replaceAll(/^\/|\/$/g, '')

    expect((await app.post(`${base && `/${base}`}/login`, ada)).status).toBe(200)
  })

  it('pass a global guard, and answer with no-store where that refuses', async () => {
    const { providers = [], ...metadata } = authApp()
    const guard = { provide: APP_GUARD, useExisting: JwtGuard }
    const client = new AuthClient(await startApp(adapter, { ...metadata, providers: [...providers, guard] }))
    const tokens = await client.logIn()

    expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
    const answer = await client.app.get('/auth/sessions')
    expect(answer).toMatchObject(refused(401, 'token_missing'))
    expect(answer.headers['cache-control']).toBe('no-store')
    expect((await client.logOut(tokens.access_token)).status).toBe(204)
  })

  it('send nothing through global pipes', async () => {
    const { providers = [], ...metadata } = authApp()
    const pipe = { provide: APP_PIPE, useClass: NothingPasses }
    const client = new AuthClient(await startApp(adapter, { ...metadata, providers: [...providers, pipe] }))
    const tokens = await client.logIn()
    const [session] = await client.sessions(tokens.access_token)

    expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
    const ended = await client.app.delete(`/auth/sessions/${String(session?.['id'])}`, tokens.access_token)
    expect(ended.status).toBe(204)
  })

  it('of two apps in one process share nothing', async () => {
    const one = await startAuth(adapter)
    const other = await startAuth(adapter, {
      endpoints: { path: 'other', authenticator: Doorman, login: { path: '' }, sessions: true },
    })
    const here = await one.logIn()
    const there = await other.logIn(ada, '/other')

    expect((await other.app.post('/auth/login', ada)).status).toBe(404)
    expect(await one.me(there.access_token)).toMatchObject(refused(401, 'token_revoked'))
    expect(await other.me(here.access_token)).toMatchObject(refused(401, 'token_revoked'))
    expect((await other.app.get('/other/sessions', there.access_token)).body).toHaveLength(1)
  })
})
