import type { HttpRequest } from './http.js'

/** Headers of which node:http keeps the first value only. The others that are read here are joined with commas. */
const ONCE: ReadonlySet<string> = new Set(['host'])

/**
 * The same request with its headers as the client sent them. Mercurius and some apps add the parameters of a connection
 * to the parsed headers, and the getters of an adapter read those: `host`, `protocol` and `ip` behind a proxy. A request
 * that an app has made itself is returned as it is.
 */
export function asSent(request: HttpRequest): HttpRequest {
  const raw: object & HttpRequest['raw'] = request.raw ?? request
  if (raw.rawHeaders === undefined) return request
  const headers = { value: parseHeaders(raw.rawHeaders) }
  const sent = Object.create(raw, { headers }) as HttpRequest
  if (request.raw === undefined) return sent
  return Object.create(request, { headers, raw: { value: sent } }) as HttpRequest
}

function parseHeaders(rawHeaders: readonly string[]): Readonly<Record<string, string>> {
  const headers = Object.create(null) as Record<string, string>
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = String(rawHeaders[at]).toLowerCase()
    const [value, known] = [String(rawHeaders[at + 1]), headers[name]]
    if (known === undefined) headers[name] = value
    else if (!ONCE.has(name)) headers[name] = `${known}, ${value}`
  }
  return headers
}
