import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'

/** RFC 9113 section 7: the stream is no longer needed. */
const CANCEL = 8

/** Ends a response in such a way that the client sees that something is missing. */
export function cutOff(response: ServerResponse | Http2ServerResponse): void {
  if ('stream' in response) {
    response.stream.close(CANCEL)
    return
  }
  const { req, socket } = response
  // A client of HTTP/1.0, such as a proxy, takes a regular end of the connection for the end of the body.
  if (req.httpVersionMinor === 0 && socket !== null) reset(socket)
  response.destroy()
}

function reset(socket: NonNullable<ServerResponse['socket']>): void {
  try {
    socket.resetAndDestroy()
  } catch {
    // Over TLS there is no need: an end without TLS's own closing message is seen as one.
    socket.destroy()
  }
}
