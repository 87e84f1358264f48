import { expect } from '@jest/globals'
import { type Answer, sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'

export const ada = { username: 'ada', password: 'first-engine' }

/** The cookies that an answer sets, as a browser sends them back. */
export function cookiesOf({ headers }: Answer): [name: string, value: string][] {
  const pairs = (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0] ?? '')
  return [['cookie', pairs.filter((pair) => !pair.endsWith('=')).join('; ')]]
}

const own: [string, string] = ['sec-fetch-site', 'same-origin']

/** What docs/browser-same-origin.md promises of its app. */
export async function expectSameOrigin(port: number): Promise<void> {
  const post = (path: string, headers: [string, string][], body: object = {}) =>
    sendRequest(port, { method: 'POST', path, headers, body })

  expect(await post('/auth/login', [], ada)).toMatchObject(refused(403, 'csrf_failed'))
  const login = await post('/auth/login', [own], ada)
  expect(login).toMatchObject({ status: 200 })
  expect(Object.keys(login.body as object).toSorted()).toEqual([
    'expires_in',
    'refresh_expires_in',
    'token_type',
  ])
  const cookies = cookiesOf(login)
  expect(await sendRequest(port, { path: '/me', headers: cookies })).toMatchObject({ body: { sub: 'ada' } })

  expect(await post('/auth/logout', [own, ...cookies])).toMatchObject({ status: 204 })
  expect(await sendRequest(port, { path: '/me', headers: cookies })).toMatchObject(
    refused(401, 'token_revoked'),
  )
}

/** What docs/browser-same-origin.md promises of its app with routes of its own. */
export async function expectOwnRoutes(port: number): Promise<void> {
  const post = (path: string, headers: [string, string][], body?: object) =>
    sendRequest(port, { method: 'POST', path, headers, body })

  for (const body of [undefined, {}, { ...ada, password: 'second-engine' }]) {
    const refusedLogin = await post('/login', [own], body)
    expect(refusedLogin).toMatchObject(refused(401, 'credentials_invalid'))
    expect(cookiesOf(refusedLogin)).toEqual([['cookie', '']])
  }
  const cookies = cookiesOf(await post('/login', [own], ada))
  const me = () => sendRequest(port, { path: '/me', headers: cookies })
  expect(await me()).toMatchObject({ body: { sub: 'ada' } })

  expect(await post('/logout', cookies)).toMatchObject(refused(403, 'csrf_failed'))
  const logout = await post('/logout', [own, ...cookies])
  expect(logout).toMatchObject({ status: 204 })
  expect(cookiesOf(logout)).toEqual([['cookie', '']])
  expect(await me()).toMatchObject(refused(401, 'token_revoked'))
}
