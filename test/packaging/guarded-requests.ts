import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'
import { challengeOf, refused } from '../support/refusals.js'

async function login(port: number, name: string): Promise<[string, string]> {
  const answer = await sendRequest(port, { method: 'POST', path: '/auth/login', body: { name } })
  expect(answer).toMatchObject({
    status: 200,
    body: { access_token: expect.any(String), token_type: 'Bearer' },
  })
  const pair: { access_token: string } = JSON.parse(answer.text)
  return ['authorization', `Bearer ${pair.access_token}`]
}

const attributesOf = (cookie: string) => cookie.split('; ').slice(1).toSorted()

async function expectCookies(port: number): Promise<void> {
  const body = { name: 'member' }
  const set = await sendRequest(port, { method: 'POST', path: '/auth/cookies', body })
  const cookies = set.headers['set-cookie'] ?? []
  const [access = '', refresh = '', ...others] = cookies.filter((cookie) => !cookie.includes('=; Max-Age=0;'))

  expect(others).toEqual([])
  expect(access).toMatch(/^__Host-access_token=[\w.-]+;/)
  expect(refresh).toMatch(/^__Host-refresh_token=[\w.-]+;/)
  expect(attributesOf(access)).toEqual(['HttpOnly', 'Max-Age=900', 'Path=/', 'SameSite=Lax', 'Secure'])
  expect(attributesOf(refresh)).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Lax', 'Secure'])

  const headers: [string, string][] = [['cookie', access.split(';', 1)[0] ?? '']]
  const mine = await sendRequest(port, { path: '/items/by-cookie', headers })
  expect(mine).toMatchObject({ status: 200, body: { owner: 'member' } })

  const cleared = await sendRequest(port, { method: 'DELETE', path: '/auth/cookies' })
  const names = cleared.headers['set-cookie']?.map((cookie) => /^([\w-]+)=; Max-Age=0;/.exec(cookie)?.[1])
  expect(names).toEqual(expect.arrayContaining(['__Host-access_token', '__Host-refresh_token']))
}

/** What every consumer must see of the app in `consumers/src`. */
export async function expectGuardedRequests(port: number): Promise<void> {
  const [member, admin] = [await login(port, 'member'), await login(port, 'admin')]
  const mine = (headers: [string, string][]) => sendRequest(port, { path: '/items/mine', headers })
  const remove = (headers: [string, string][]) =>
    sendRequest(port, { method: 'DELETE', path: '/items/7', headers })

  expect(await mine([member])).toMatchObject({ status: 200, body: { owner: 'member' } })
  const anonymous = await mine([])
  expect(anonymous).toMatchObject(refused(401, 'token_missing'))
  expect(challengeOf(anonymous)).toEqual({ scheme: 'Bearer', parameters: {} })

  expect(await remove([member])).toMatchObject(refused(403, 'insufficient_claims'))
  expect(await remove([admin])).toMatchObject({ status: 200, body: { deleted: '7', by: '1' } })
  await expectCookies(port)
}
