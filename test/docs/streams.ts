import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { bearer, tokenFor } from './with-tokens.js'

/** What docs/sse-and-downloads.md promises of its event stream. */
export async function expectStreams(port: number): Promise<void> {
  expect(await sendRequest(port, { path: '/reports/progress' })).toMatchObject(refused(401, 'token_missing'))

  const token = await tokenFor(port, 'ada')
  const stream = await fetch(`http://127.0.0.1:${port}/reports/progress`, { headers: bearer(token) })
  const logOut = () => sendRequest(port, { method: 'POST', path: '/auth/logout', headers: bearer(token) })
  let text = ''
  let loggedOut: Promise<unknown> | undefined
  for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    if (text.includes('{"sub":"ada","done":0}')) loggedOut ??= logOut()
  }
  expect(await loggedOut).toMatchObject({ status: 204 })
  expect(text).toMatch(/event: auth\n(?:id: .*\n)?data: \{"errorCode":"token_revoked"\}\n\n$/)
}
