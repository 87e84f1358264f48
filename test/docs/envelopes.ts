import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'

/** What docs/error-responses.md promises of its filter: the envelope, and the challenge, from guard and handler alike. */
export async function expectEnvelopes(port: number): Promise<void> {
  const guarded = await sendRequest(port, { path: '/me' })
  expect(guarded).toMatchObject({ status: 401, body: { error: { errorCode: 'token_missing' } } })
  expect(guarded.headers['www-authenticate']).toBe('Bearer')

  const thrown = await sendRequest(port, { method: 'POST', path: '/step-up' })
  const errorCode = 'insufficient_user_authentication'
  expect(thrown).toMatchObject({ status: 401, body: { error: { errorCode } } })
  expect(thrown.headers['www-authenticate']).toContain('max_age="600"')

  expect(await sendRequest(port, { path: '/nowhere' })).toMatchObject({
    status: 404,
    body: { error: { statusCode: 404 } },
  })
}
