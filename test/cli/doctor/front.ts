import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { createServer, request } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { afterAll } from '@jest/globals'

export interface FrontOptions {
  tls?: { key: string; cert: string } | undefined
  /** Changes the headers on their way to the app. */
  toApp?: (headers: IncomingHttpHeaders) => IncomingHttpHeaders
  /** Changes the headers on their way back. */
  toClient?: (headers: OutgoingHttpHeaders) => OutgoingHttpHeaders
  /** Answers in the place of the app, where it returns `true`. */
  answer?: (request: IncomingMessage, response: ServerResponse) => boolean
}

const fronts: Server[] = []

afterAll(() => {
  for (const front of fronts) front.close()
})

/** A proxy in front of the app at this port, as one that ends TLS. Returns its own port. */
export async function startFront(app: number, options: FrontOptions = {}): Promise<number> {
  const { tls, toApp = (headers) => headers, toClient = (headers) => headers, answer } = options
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (answer?.(incoming, outgoing) === true) return
    const forwarded = { ...incoming.headers, 'x-forwarded-proto': tls === undefined ? 'http' : 'https' }
    const { method, url: path } = incoming
    const asked = request(
      { host: '127.0.0.1', port: app, method, path, headers: toApp(forwarded) },
      (response) => {
        outgoing.sendDate = false
        outgoing.writeHead(response.statusCode ?? 500, toClient({ ...response.headers }))
        response.pipe(outgoing)
      },
    )
    asked.on('error', () => outgoing.destroy())
    incoming.pipe(asked)
  }
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle)
  fronts.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
