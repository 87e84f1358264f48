import { createHash } from 'node:crypto'
import type { AbstractHttpAdapter } from '@nestjs/core'
import type { KeyRing } from '../../keys/key-ring.js'

/** RFC 8615: at the root of the host, whatever prefix the app's own routes have. */
export const JWKS_PATH = '/.well-known/jwks.json'

/** What Express and Fastify both have. */
interface HttpRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

type HeaderValues = Readonly<Record<string, string>>

const CORS: HeaderValues = { 'Access-Control-Allow-Origin': '*' }

/** Verifiers ask again after 5 minutes, and may use what they have while they do. */
const CACHE_CONTROL = 'public, max-age=300, stale-while-revalidate=600'

const PREFLIGHT: HeaderValues = {
  ...CORS,
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Max-Age': '86400',
  Allow: 'GET, HEAD, OPTIONS',
}

/**
 * Publishes the public keys of the app as a JWK Set (RFC 7517 section 5). A route of the HTTP adapter and not of Nest, so
 * that no prefix, version, guard, pipe, interceptor or filter of the app has to do with it.
 */
export class JwksEndpoint {
  private known = { body: '', etag: '' }

  constructor(private readonly keys: Pick<KeyRing, 'publicKeys'>) {}

  /** Call it before Nest registers routes: the first route that fits answers. */
  mountOn(adapter: AbstractHttpAdapter): void {
    const reply = (response: unknown, status: number, headers: HeaderValues, body?: string): void => {
      for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value)
      adapter.reply(response, body, status)
    }
    const answer = ({ headers }: HttpRequest, response: unknown): void => {
      const { body, etag } = this.current()
      const shared = { ...CORS, 'Cache-Control': CACHE_CONTROL, ETag: etag }
      if (isKnown(etag, headers['if-none-match'])) reply(response, 304, shared)
      // RFC 7517 also has application/jwk-set+json: issuers everywhere send this one, and every verifier reads it.
      else reply(response, 200, { ...shared, 'Content-Type': 'application/json; charset=utf-8' }, body)
    }
    // Fastify adds a route for HEAD by itself, unless there is one or it was told not to.
    adapter.head(JWKS_PATH, answer)
    adapter.get(JWKS_PATH, answer)
    adapter.options(JWKS_PATH, (_request: HttpRequest, response: unknown) => reply(response, 204, PREFLIGHT))
  }

  /** The key set as it is now: keys come and go while the app runs. */
  private current() {
    const body = JSON.stringify(this.keys.publicKeys())
    if (body !== this.known.body) {
      this.known = { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` }
    }
    return this.known
  }
}

/** RFC 9110 section 13.1.2: whether the client has this key set. A proxy that compresses makes the tag a weak one. */
function isKnown(etag: string, given: string | readonly string[] | undefined): boolean {
  const tags = String(given ?? '').split(',')
  return tags.map((tag) => tag.trim().replace(/^W\//, '')).some((tag) => tag === '*' || tag === etag)
}
