import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'
import { challengeOf, refused } from '../support/refusals.js'

const credentials = { admin: { name: 'ada' }, member: { name: 'bob' } }

async function login(port: number, body: object): Promise<[string, string]> {
  const answer = await sendRequest(port, { method: 'POST', path: '/login', body })
  expect(answer).toMatchObject({ status: 201, body: { access_token: expect.any(String) } })
  const pair: { access_token: string } = JSON.parse(answer.text)
  return ['authorization', `Bearer ${pair.access_token}`]
}

/** What the README promises of its quick start. */
export async function expectQuickStart(port: number): Promise<void> {
  const member = await login(port, credentials.member)
  const admin = await login(port, credentials.admin)
  const me = (headers: [string, string][]) => sendRequest(port, { path: '/me', headers })
  const remove = (headers: [string, string][]) =>
    sendRequest(port, { method: 'DELETE', path: '/items/1', headers })

  expect(await me([member])).toMatchObject({ status: 200 })
  const anonymous = await me([])
  expect(anonymous).toMatchObject(refused(401, 'token_missing'))
  expect(challengeOf(anonymous)?.scheme).toBe('Bearer')

  expect(await remove([member])).toMatchObject(refused(403, 'insufficient_claims'))
  expect(await remove([admin])).toMatchObject({ status: 200 })
}
