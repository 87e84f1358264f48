import { expect } from '@jest/globals'
import { type Answer, sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'

interface Tokens {
  access_token: string
  refresh_token: string
}

const get = (port: number, path: string, authorization?: string): Promise<Answer> =>
  sendRequest(port, { path, headers: authorization === undefined ? [] : [['authorization', authorization]] })

const post = (port: number, path: string, body?: object): Promise<Answer> =>
  sendRequest(port, { method: 'POST', path, body })

async function logIn(port: number, path: string, credentials: object): Promise<Tokens> {
  const answer = await post(port, path, credentials)
  expect(answer).toMatchObject({ status: 200, body: { access_token: expect.any(String) } })
  return JSON.parse(answer.text) as Tokens
}

/** Refreshes, logs out, and finds the session ended. */
async function expectLifeCycle(port: number, path: string, { refresh_token }: Tokens): Promise<void> {
  const refreshed = await post(port, '/auth/refresh', { refresh_token })
  expect(refreshed).toMatchObject({ status: 200 })
  const later = JSON.parse(refreshed.text) as Tokens
  expect(await post(port, '/auth/logout', { refresh_token: later.refresh_token })).toMatchObject({
    status: 204,
  })
  expect(await get(port, path, `Bearer ${later.access_token}`)).toMatchObject({ status: 401 })
}

const badLogins = [
  undefined,
  {},
  { password: 'test' },
  { username: 5, password: 'test' },
  { username: 'eve', password: 'test' },
  { username: 'test', password: 'wrong' },
]

/** What docs/coming-from-flask.md promises of its app. */
export async function expectFlask(port: number): Promise<void> {
  expect(await get(port, '/protected')).toMatchObject(refused(401, 'token_missing'))
  for (const body of badLogins) {
    expect(await post(port, '/login', body)).toMatchObject(refused(401, 'credentials_invalid'))
  }
  const user = await logIn(port, '/login', { username: 'test', password: 'test' })
  expect(await get(port, '/protected', `Bearer ${user.access_token}`)).toMatchObject({
    body: { logged_in_as: 'test', foo: 'bar' },
  })
  const { access_token: admin } = await logIn(port, '/login', { username: 'admin', password: 'test' })
  expect(await get(port, '/admin', `Bearer ${admin}`)).toMatchObject({ status: 200, body: { foo: 'bar' } })
  expect(await get(port, '/admin', `Bearer ${user.access_token}`)).toMatchObject(
    refused(403, 'insufficient_claims'),
  )
  await expectLifeCycle(port, '/protected', user)
}

/** What docs/coming-from-flask-jwt.md promises of its app. */
export async function expectFlaskJwt(port: number): Promise<void> {
  const { access_token: token } = await logIn(port, '/auth', { username: 'admin', password: 'abcxyz' })
  const { body } = await get(port, '/protected', `JWT ${token}`)
  expect(Object.keys(body as object).toSorted()).toEqual(['exp', 'iat', 'nbf', 'roles', 'sub'])
  expect(body).toMatchObject({ sub: 'admin', roles: ['admin'] })
  const refusal = await get(port, '/protected', `Bearer ${token}`)
  expect(refusal).toMatchObject({ ...refused(401, 'token_missing'), headers: { 'www-authenticate': 'JWT' } })
  expect(await post(port, '/auth', { username: 'admin', password: 'wrong' })).toMatchObject(
    refused(401, 'credentials_invalid'),
  )
}

/** What docs/coming-from-fastapi.md promises of its app. */
export async function expectFastapi(port: number): Promise<void> {
  expect(await get(port, '/user')).toMatchObject({ status: 401, body: { detail: 'A token is required.' } })
  for (const body of badLogins) {
    expect(await post(port, '/login', body)).toMatchObject({
      status: 401,
      body: { detail: 'The credentials are invalid.' },
    })
  }
  const user = await logIn(port, '/login', { username: 'test', password: 'test' })
  expect(await get(port, '/user', `Bearer ${user.access_token}`)).toMatchObject({ body: { user: 'test' } })
  await expectLifeCycle(port, '/user', user)
}
