import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'

const waiting = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls `callback` when the response has been sent or its client has left; immediately if that has happened already. A
 * pipelined request whose response waits behind others hears of the latter only from the socket, which has one listener
 * for all of them.
 */
export function onResponseClosed(response: ServerResponse | Http2ServerResponse, callback: () => void): void {
  // The client may have left while the guard was waiting. Then nothing emits `close` any more.
  if (hasClosed(response)) return callback()
  const { req } = response
  // Over HTTP/2 each response has its own stream, and the socket is shared with other requests.
  const socket = req.httpVersionMajor === 1 ? req.socket : undefined
  const callbacks = socket && callbacksOf(socket)
  const close = (): void => {
    callbacks?.delete(close)
    response.off('close', close)
    callback()
  }
  response.once('close', close)
  callbacks?.add(close)
}

function hasClosed(response: ServerResponse | Http2ServerResponse): boolean {
  if ('stream' in response) return response.stream.destroyed
  return response.closed || response.req.socket.destroyed
}

function callbacksOf(socket: Socket): Set<() => void> {
  const known = waiting.get(socket)
  if (known !== undefined) return known
  const callbacks = new Set<() => void>()
  waiting.set(socket, callbacks)
  socket.once('close', () => {
    for (const callback of callbacks) callback()
  })
  return callbacks
}
