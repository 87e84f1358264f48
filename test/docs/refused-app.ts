import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { codeBlocks } from './code-blocks.js'

/** What docs/errors.md promises of its app: the body that it shows, and a code that a handler throws. */
export async function expectRefusals(port: number): Promise<void> {
  const anonymous = await sendRequest(port, { path: '/me' })
  const shown = codeBlocks('docs/errors.md').find(({ language }) => language === 'json')
  expect(anonymous).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
  expect(anonymous.body).toEqual(JSON.parse(shown?.code ?? ''))

  const login = await sendRequest(port, { method: 'POST', path: '/login', body: {} })
  expect(login).toMatchObject(refused(401, 'credentials_invalid'))
  expect(login.body).toMatchObject({ message: 'Name or password is wrong.' })
}
