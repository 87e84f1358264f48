import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { ask, connectIo } from '../support/socket-io-client.js'
import { bearer, tokenFor } from './with-tokens.js'

/** What docs/transports.md promises: the same over HTTP and a WebSocket. */
export async function expectTransports(port: number): Promise<void> {
  expect(await sendRequest(port, { path: '/items/mine' })).toMatchObject(refused(401, 'token_missing'))
  await expect(connectIo(port)).rejects.toMatchObject({ data: { status: 401, errorCode: 'token_missing' } })

  const token = await tokenFor(port, 'ada')
  const mine = await sendRequest(port, { path: '/items/mine', headers: bearer(token) })
  expect(mine).toMatchObject({ status: 200, body: { owner: 'ada' } })
  const socket = await connectIo(port, { auth: { token } })
  expect(await ask(socket, 'items.mine')).toEqual({ event: 'items', data: { owner: 'ada' } })
}
