import assert from 'node:assert/strict'
import { z } from 'zod'
import { LiveConnection } from './live-connection.js'
import { say } from './say.js'

const TIMEOUT = 60_000 // milliseconds

const TokenResponse = z.object({
  token_type: z.literal('Bearer'),
  access_token: z.string(),
  refresh_token: z.string(),
})
export type Tokens = z.infer<typeof TokenResponse>

interface Expected<T> {
  readonly status: number
  /** Members that the body must have. */
  readonly body?: object
  /** The `errorCode` of a refusal. */
  readonly errorCode?: string
  /** What the body must look like; `call` returns what it parses. */
  readonly schema?: z.ZodType<T>
}

interface Sent {
  readonly body?: object
  /** Sent instead of the caller's access token; `''` sends none. */
  readonly token?: string
}

/** Somebody who calls the shop. Each call prints a line, and an answer that is not as expected ends the demo. */
export class Caller {
  private tokens: Tokens | undefined

  constructor(
    private readonly shop: { readonly url: string },
    private readonly name = 'nobody',
    private readonly device = 'node',
  ) {}

  async call<T = unknown>(
    request: string,
    expected: Expected<T>,
    proves: string,
    sent: Sent = {},
  ): Promise<T> {
    const [method = '', path = ''] = request.split(' ')
    const shown = `${method.padEnd(6)} ${path.replace(/[\w-]{20,}$/, ':id').padEnd(24)} ${this.name.padEnd(9)}`
    try {
      const answer = await check(await this.send(method, path, sent), expected)
      say(true, `${shown} ${expected.status}  ${proves}`)
      return answer
    } catch (error) {
      say(false, `${shown} ${expected.status}  ${proves}`)
      throw error
    }
  }

  async signIn(
    { username, password }: { username: string; password: string },
    proves: string,
  ): Promise<void> {
    await this.takeTokens('POST /auth/login', proves, { username, password })
  }

  /** Sends `refresh_token`, by default the caller's own, and keeps the pair that comes back. */
  async refresh(proves: string, refresh_token = this.held.refresh_token): Promise<void> {
    await this.takeTokens('POST /auth/refresh', proves, { refresh_token })
  }

  async cannotRefresh(
    errorCode: string,
    proves: string,
    refresh_token = this.held.refresh_token,
  ): Promise<void> {
    const sent = { body: { refresh_token }, token: '' }
    await this.call('POST /auth/refresh', { status: 401, errorCode }, proves, sent)
  }

  async isSignedIn(proves: string): Promise<void> {
    await this.call('GET /me', { status: 200 }, proves)
  }

  async isSignedOut(proves: string): Promise<void> {
    await this.call('GET /me', { status: 401, errorCode: 'token_revoked' }, proves)
  }

  /** Opens a WebSocket with a ticket, which stands in the place of the token. */
  async follow(request: string, proves: string): Promise<LiveConnection> {
    const expected = { status: 200, schema: z.object({ ticket: z.string() }) }
    const { ticket } = await this.call('POST /items/ticket', expected, 'a ticket opens one WebSocket')
    const [, path = ''] = request.split(' ')
    const url = `${this.shop.url.replace(/^http/, 'ws')}${path}?ticket=${ticket}`
    return LiveConnection.open(url, { request, name: this.name, proves })
  }

  get held(): Tokens {
    assert.ok(this.tokens, `${this.name} is not signed in`)
    return this.tokens
  }

  private async takeTokens(request: string, proves: string, body: object): Promise<void> {
    const expected = { status: 200, schema: TokenResponse }
    this.tokens = await this.call(request, expected, proves, { body, token: '' })
  }

  private async send(method: string, path: string, { body, token }: Sent): Promise<Response> {
    const headers = new Headers({ 'user-agent': this.device })
    const bearer = token ?? this.tokens?.access_token
    if (bearer) headers.set('authorization', `Bearer ${bearer}`)
    if (body) headers.set('content-type', 'application/json')
    const signal = AbortSignal.timeout(TIMEOUT)
    return fetch(this.shop.url + path, { method, headers, body: body ? JSON.stringify(body) : null, signal })
  }
}

async function check<T>(response: Response, { status, body, errorCode, schema }: Expected<T>): Promise<T> {
  const text = await response.text()
  assert.equal(response.status, status, `answered ${response.status} ${text}`)
  const answer = text === '' ? undefined : JSON.parse(text)
  if (body) assert.deepEqual(Object.assign({}, answer, body), answer)
  if (errorCode) assert.equal(Object(answer).errorCode, errorCode)
  if (status === 401) assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/)
  if (text.includes('access_token')) assert.match(response.headers.get('cache-control') ?? '', /no-store/)
  return schema ? schema.parse(answer) : answer
}

/** The claims of a token, unverified. */
export function claimsIn(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
