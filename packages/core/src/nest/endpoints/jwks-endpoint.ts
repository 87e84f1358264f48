import { createHash } from 'node:crypto'
import type { AbstractHttpAdapter } from '@nestjs/core'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { KeyRing } from '../../keys/key-ring.js'

/** RFC 8615: at the root of the host, whatever prefix the app's own routes have. */
export const JWKS_PATH = '/.well-known/jwks.json'

/** What Express and Fastify both have. */
interface HttpRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

const CORS = { 'Access-Control-Allow-Origin': '*' }

/** RFC 7517 also has application/jwk-set+json: issuers everywhere send this one, and every verifier reads it. */
const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' }

/** Verifiers ask again after 5 minutes, and may use what they have while they do. */
const CACHED = { 'Cache-Control': 'public, max-age=300, stale-while-revalidate=600' }

const PREFLIGHT: HttpAnswer = {
  status: 204,
  headers: {
    ...CORS,
    'Access-Control-Allow-Methods': 'GET, HEAD',
    'Access-Control-Allow-Headers': '*',
    'Access-Control-Max-Age': '86400',
    Allow: 'GET, HEAD, OPTIONS',
  },
}

/** An empty key set would be kept by verifiers, and every token refused. */
const NO_KEYS: HttpAnswer = {
  status: 503,
  headers: { ...CORS, ...JSON_TYPE, 'Cache-Control': 'no-store', 'Retry-After': '1' },
  body: JSON.stringify(new JwtAuthError('keys_unavailable').getResponse()),
}

/**
 * Publishes the public keys of the app as a JWK Set (RFC 7517 section 5). A route of the HTTP adapter and not of Nest, so
 * that no prefix, version, guard, pipe, interceptor or filter of the app has to do with it.
 */
export class JwksEndpoint {
  private known = { body: '', etag: '' }

  constructor(private readonly keys: Pick<KeyRing, 'publicKeys' | 'refreshIfStale'>) {}

  /** Call it before Nest registers routes: the first route that fits answers. */
  mountOn(adapter: AbstractHttpAdapter): void {
    const send = (response: unknown, { status, headers, body }: HttpAnswer): void => {
      for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value)
      adapter.reply(response, body, status)
    }
    const answer = (request: HttpRequest, response: unknown): void => {
      const reading = this.keys.refreshIfStale()
      const reply = (): void => send(response, this.answer(request.headers['if-none-match']))
      if (reading === undefined) reply()
      // Meanwhile a time-out of the app may have answered.
      else void reading.then(() => void (adapter.isHeadersSent(response) || reply()))
    }
    // Fastify adds a route for HEAD by itself, unless there is one or it was told not to.
    adapter.head(JWKS_PATH, answer)
    adapter.get(JWKS_PATH, answer)
    adapter.options(JWKS_PATH, (_request: HttpRequest, response: unknown) => send(response, PREFLIGHT))
  }

  private answer(ifNoneMatch: string | readonly string[] | undefined): HttpAnswer {
    const keySet = this.keys.publicKeys()
    if (keySet.keys.length === 0) return NO_KEYS
    const body = JSON.stringify(keySet)
    const etag = this.etagOf(body)
    const headers = { ...CORS, ...CACHED, ETag: etag }
    if (isKnown(etag, ifNoneMatch)) return { status: 304, headers }
    return { status: 200, headers: { ...headers, ...JSON_TYPE }, body }
  }

  /** Keys come and go while the app runs, but seldom. */
  private etagOf(body: string): string {
    if (body !== this.known.body) {
      this.known = { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` }
    }
    return this.known.etag
  }
}

/** RFC 9110 section 13.1.2: whether the client has this key set. A proxy that compresses makes the tag a weak one. */
function isKnown(etag: string, given: string | readonly string[] | undefined): boolean {
  const tags = String(given ?? '').split(',')
  return tags.map((tag) => tag.trim().replace(/^W\//, '')).some((tag) => tag === '*' || tag === etag)
}
