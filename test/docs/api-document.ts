import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'

/** What the app of docs/openapi.md does: its document has locks and scopes, and its routes can be used as it says. */
export async function expectApiDocument(port: number): Promise<void> {
  const { body } = await sendRequest(port, { path: '/docs-json' })
  expect(body).toMatchObject({
    paths: {
      '/items': { get: { security: [] } },
      '/items/{id}': {
        delete: {
          security: [{ bearer: [] }],
          'x-required-scopes': ['items:delete'],
          responses: { 401: {}, 403: {}, 503: {} },
        },
      },
      '/auth/sessions': { get: { security: [{ bearer: [] }] } },
    },
  })
  const credentials = { username: 'ada', password: 'correct horse' }
  const login = await sendRequest(port, { method: 'POST', path: '/auth/login', body: credentials })
  const headers: [string, string][] = [['authorization', `Bearer ${Object(login.body).access_token}`]]
  expect(await sendRequest(port, { path: '/auth/sessions', headers })).toMatchObject({ status: 200 })
  const removal = await sendRequest(port, { method: 'DELETE', path: '/items/1', headers })
  expect(removal).toMatchObject({ status: 403, body: { errorCode: 'insufficient_scope' } })
}
