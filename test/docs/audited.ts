import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'

/** What the app of docs/audit.md does: it has no open handler, so it starts. */
export async function expectAudited(port: number): Promise<void> {
  expect(await sendRequest(port, { path: '/items/mine' })).toMatchObject({ status: 401 })
  expect(await sendRequest(port, { path: '/items/health' })).toMatchObject({
    status: 200,
    body: { status: 'ok' },
  })
}
