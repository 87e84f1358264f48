import { expect } from '@jest/globals'
import { type Answer, sendPatiently, sendRequest } from '../support/http.js'
import { challengeOf, refused } from '../support/refusals.js'
import type { Sources } from './code-blocks.js'
import { bearer, tokenFor } from './with-tokens.js'

interface Pair {
  access_token: string
  refresh_token: string
}

export const ada = { username: 'ada', password: 'correct horse' }
const bob = { username: 'bob', password: 'battery staple' }

/** A client of an app that was built on docs/quick-start.md. */
function clientOf(port: number) {
  const post = (path: string, body: object = {}, token?: string): Promise<Answer> =>
    sendPatiently(port, { method: 'POST', path, body, headers: token === undefined ? [] : bearer(token) })
  const send = (method: string, path: string, token: string): Promise<Answer> =>
    sendPatiently(port, { method, path, headers: bearer(token), ...(method === 'PUT' && { body: {} }) })
  return { post, send, get: (path: string, token: string) => send('GET', path, token) }
}

function pairOf({ status, text }: Answer): Pair {
  expect(status).toBe(200)
  return JSON.parse(text)
}

/** What docs/quick-start.md says. */
export async function expectFirstRoutes(port: number): Promise<void> {
  const { post, get } = clientOf(port)
  expect(await sendRequest(port, { path: '/items' })).toMatchObject({ status: 200, body: ['pen', 'ink'] })
  const anonymous = await sendRequest(port, { path: '/items/mine' })
  expect(anonymous).toMatchObject(refused(401, 'token_missing'))
  expect(challengeOf(anonymous)?.scheme).toBe('Bearer')

  const { access_token } = pairOf(await post('/auth/login', ada))
  expect(await get('/items/mine', access_token)).toMatchObject({ status: 200, body: { owner: 'ada' } })
  for (const wrong of [
    { ...ada, password: bob.password },
    { username: 'eve', password: 'x' },
  ]) {
    expect(await post('/auth/login', wrong)).toMatchObject(refused(401, 'credentials_invalid'))
  }
}

/** Login, refresh, reuse and logout, on whatever store the page names. */
export async function expectSessions(port: number): Promise<void> {
  const { post, get } = clientOf(port)
  const refresh = ({ refresh_token }: Pair) => post('/auth/refresh', { refresh_token })
  const mine = ({ access_token }: Pair) => get('/items/mine', access_token)

  const first = pairOf(await post('/auth/login', ada))
  const second = pairOf(await refresh(first))
  expect(pairOf(await refresh(first)).refresh_token).toBe(second.refresh_token)
  const third = pairOf(await refresh(second))
  expect(await mine(third)).toMatchObject({ status: 200, body: { owner: 'ada' } })
  expect(await refresh(first)).toMatchObject(refused(401, 'refresh_reused'))
  expect(await mine(third)).toMatchObject(refused(401, 'token_revoked'))

  const other = pairOf(await post('/auth/login', ada))
  expect(await post('/auth/logout', { refresh_token: other.refresh_token })).toMatchObject({ status: 204 })
  expect(await mine(other)).toMatchObject(refused(401, 'token_revoked'))
  pairOf(await post('/auth/login', bob))
}

/** What docs/refresh-and-logout.md says of its routes. */
export async function expectLifeCycle(port: number): Promise<void> {
  await expectSessions(port)
  const { post, get, send } = clientOf(port)
  const [here, there] = [pairOf(await post('/auth/login', ada)), pairOf(await post('/auth/login', ada))]
  const elsewhere = pairOf(await post('/auth/login', bob))
  const { body } = await get('/auth/sessions', here.access_token)
  const sessions = body as { id: string; current?: boolean }[]
  expect(sessions).toHaveLength(2)
  for (const { id } of sessions) {
    expect(await send('DELETE', `/auth/sessions/${id}`, elsewhere.access_token)).toMatchObject({
      status: 404,
    })
  }
  expect(await post('/auth/logout-all', {}, here.access_token)).toMatchObject({ status: 204 })
  for (const { access_token } of [here, there]) {
    expect(await get('/items/mine', access_token)).toMatchObject(refused(401, 'token_revoked'))
  }
  expect(await get('/items/mine', elsewhere.access_token)).toMatchObject({ status: 200 })
}

/** What docs/claims-and-identity.md says, for a user who is demoted between two refreshes. */
export async function expectLoadedClaims(port: number): Promise<void> {
  const { post, get, send } = clientOf(port)
  const pair: Pair = JSON.parse((await post('/test-login')).text)
  expect(await get('/account', pair.access_token)).toMatchObject({ body: { name: 'ada', isAdmin: true } })
  expect(await get('/account/name', pair.access_token)).toMatchObject({ body: { name: 'ada' } })
  expect(await send('DELETE', '/account/users/2', pair.access_token)).toMatchObject({ status: 200 })

  await post('/test-demotion')
  const next = pairOf(await post('/auth/refresh', { refresh_token: pair.refresh_token }))
  expect(await get('/account', next.access_token)).toMatchObject({ body: { name: 'ada', isAdmin: false } })
  expect(await send('DELETE', '/account/users/2', next.access_token)).toMatchObject(
    refused(403, 'insufficient_claims'),
  )
}

/** Logs in and demotes the one user of docs/claims-and-identity.md, outside its guard. */
export const mainWithDemotion: Sources[number] = [
  'src/main.ts',
  `import { NestFactory } from '@nestjs/core'
import { TokenService } from '@nest-jwt-auth/core'
import { AppModule } from './app.module.js'
import { type User, Users } from './users.js'

const app = await NestFactory.create(AppModule)
const ada = (await app.get(Users).find(1)) as User
app.getHttpAdapter().post('/test-login', async (request, response) => {
  response.send(await app.get(TokenService).issue(ada))
})
app.getHttpAdapter().post('/test-demotion', (request, response) => {
  ada.role = 'member'
  response.send()
})
await app.listen(3000)
`,
]

/** What docs/roles-scopes-fresh-logins.md says of its routes. */
export async function expectPolicies(port: number): Promise<void> {
  const { post, send } = clientOf(port)
  const admin = pairOf(await post('/auth/login', ada)).access_token
  const editor = pairOf(await post('/auth/login', bob)).access_token
  const stale = await tokenFor(port, 'ada')

  expect(await sendRequest(port, { path: '/items' })).toMatchObject({ status: 200 })
  expect(await send('POST', '/items', admin)).toMatchObject({ status: 201 })
  const withoutScope = await send('POST', '/items', editor)
  expect(withoutScope).toMatchObject(refused(403, 'insufficient_scope'))
  expect(challengeOf(withoutScope)?.parameters).toMatchObject({ scope: 'items:write' })
  expect(await send('PUT', '/items/1', editor)).toMatchObject({ status: 200 })
  expect(await send('DELETE', '/items/1', editor)).toMatchObject(refused(403, 'insufficient_claims'))
  expect(await send('DELETE', '/items/1', admin)).toMatchObject({ status: 200 })
  const late = await send('DELETE', '/items/1', stale)
  expect(late).toMatchObject(refused(401, 'insufficient_user_authentication'))
  expect(late.headers['www-authenticate']).toContain('max_age="600"')
}
