import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'
import { challengeOf, refused } from '../support/refusals.js'
import { run } from '../support/run.js'
import { codeBlocks } from './code-blocks.js'

export const ada = { name: 'ada', password: 'correct horse' }
export const bob = { name: 'bob', password: 'battery staple' }

async function login(port: number, body: object): Promise<[string, string]> {
  const answer = await sendRequest(port, { method: 'POST', path: '/login', body })
  expect(answer).toMatchObject({ status: 200, body: { access_token: expect.any(String) } })
  expect(answer.headers['cache-control']).toContain('no-store')
  const pair: { access_token: string } = JSON.parse(answer.text)
  return ['authorization', `Bearer ${pair.access_token}`]
}

/** What the README promises of its quick start. */
export async function expectQuickStart(port: number): Promise<void> {
  const member = await login(port, bob)
  const admin = await login(port, ada)
  const me = (headers: [string, string][]) => sendRequest(port, { path: '/me', headers })
  const remove = (headers: [string, string][]) =>
    sendRequest(port, { method: 'DELETE', path: '/items/1', headers })

  expect(await me([member])).toMatchObject({ status: 200, body: { name: 'bob' } })
  const anonymous = await me([])
  expect(anonymous).toMatchObject(refused(401, 'token_missing'))
  expect(challengeOf(anonymous)?.scheme).toBe('Bearer')

  expect(await remove([member])).toMatchObject(refused(403, 'insufficient_claims'))
  expect(await remove([admin])).toMatchObject({ status: 200 })

  for (const body of [
    { ...ada, password: bob.password },
    { name: 'eve', password: '' },
    { name: 'ada' },
    {},
  ]) {
    const answer = await sendRequest(port, { method: 'POST', path: '/login', body })
    expect(answer).toMatchObject(refused(401, 'credentials_invalid'))
  }
}

/** The curl lines of a page, pasted into a shell: what they print. */
export async function pasteCurlLines(page: string, port: number): Promise<string> {
  const block = codeBlocks(page).find(({ language, code }) => language === 'sh' && code.includes('curl '))
  expect(block?.code).toContain('localhost:3000')
  return run('bash', ['-c', String(block?.code).replaceAll('localhost:3000', `127.0.0.1:${port}`)])
}
