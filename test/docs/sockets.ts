import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'
import { ask, connectIo } from '../support/socket-io-client.js'
import { bearer, tokenFor } from './with-tokens.js'

/** What docs/websockets.md promises of its gateway and its tickets. */
export async function expectSockets(port: number): Promise<void> {
  await expect(connectIo(port)).rejects.toMatchObject({ data: { status: 401, errorCode: 'token_missing' } })

  const stranger = await connectIo(port, { auth: { token: await tokenFor(port, 'eve') } })
  expect(await ask(stranger, 'say', { text: 'hi' })).toMatchObject({
    event: 'exception',
    data: { status: 403, errorCode: 'insufficient_scope' },
  })
  expect(await ask(stranger, 'renew', { token: 'no token' })).toMatchObject({
    event: 'exception',
    data: { status: 401, errorCode: 'token_malformed' },
  })

  const token = await tokenFor(port, 'ada', { scope: 'chat' })
  const member = await connectIo(port, { auth: { token } })
  const said = { event: 'said', data: { sub: 'ada', text: 'hi' } }
  expect(await ask(member, 'say', { text: 'hi' })).toEqual(said)
  const later = await tokenFor(port, 'ada', { scope: 'chat' })
  expect(await ask(member, 'renew', { token: later })).toEqual({ event: 'renewed', data: {} })

  const created = await sendRequest(port, { method: 'POST', path: '/ws-ticket', headers: bearer(token) })
  const query = created.body as { ticket: string }
  expect(await ask(await connectIo(port, { query }), 'say', { text: 'hi' })).toEqual(said)
  await expect(connectIo(port, { query })).rejects.toMatchObject({ data: { errorCode: 'token_revoked' } })
}
