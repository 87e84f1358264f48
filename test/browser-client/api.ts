import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Call {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

interface Reply {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** What the server does with one call; undefined: it hangs up. */
export type Handler = (call: Call) => Reply | undefined | Promise<Reply | undefined>

const refusal = (status: number, errorCode: string): Reply => ({
  status,
  body: { statusCode: status, errorCode },
})
export const expired = refusal(401, 'token_expired')

/** Holds an answer back until the test lets it go. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** An API whose access tokens are `access-1`, `access-2` … of which only the last one is good; likewise refresh tokens. */
export class Api {
  readonly calls: Call[] = []
  generation = 1
  /** Before a refresh is answered. */
  beforeRefresh: () => Promise<void> | void = () => {}
  handleRefresh: Handler = (call) => this.refresh(call)
  handle: Handler = (call) => this.answer(call)
  private server: Server | undefined
  private readonly waiting: { path: string; count: number; resolve: () => void }[] = []

  async start(): Promise<this> {
    const server = createServer((request, response) => void this.serve(request, response))
    this.server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections()
    await new Promise((resolve) => this.server?.close(resolve))
  }

  get origin(): string {
    const { port } = (this.server as Server).address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  get refreshUrl(): string {
    return `${this.origin}/auth/refresh`
  }

  get tokens() {
    return { access_token: `access-${this.generation}`, refresh_token: `refresh-${this.generation}` }
  }

  /** The tokens of before are good no more. */
  expire(): void {
    this.generation++
  }

  to(path: string): Call[] {
    return this.calls.filter((call) => call.path === path)
  }

  get refreshes(): number {
    return this.to('/auth/refresh').length
  }

  /** Until so many calls to the path have come. */
  async seen(path: string, count: number): Promise<void> {
    if (this.to(path).length >= count) return
    await new Promise<void>((resolve) => this.waiting.push({ path, count, resolve }))
  }

  /** A refresh token that is one generation old is good, as inside the grace of a real one. */
  refresh({ body }: Call): Reply {
    const { refresh_token: token } = JSON.parse(body || '{}') as { refresh_token?: string }
    const isGood = [`refresh-${this.generation}`, `refresh-${this.generation - 1}`].includes(token ?? '')
    return isGood ? { status: 200, body: this.tokens } : refusal(401, 'refresh_reused')
  }

  private answer({ headers, body }: Call): Reply {
    const token = headers.authorization?.replace('Bearer ', '')
    if (token === undefined) return refusal(401, 'token_missing')
    return token === this.tokens.access_token ? { status: 200, body: { token, body } } : expired
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const call: Call = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    }
    this.calls.push(call)
    for (const each of this.waiting) if (this.to(each.path).length >= each.count) each.resolve()
    if (call.path === '/auth/refresh') await this.beforeRefresh()
    const reply = await (call.path === '/auth/refresh' ? this.handleRefresh(call) : this.handle(call))
    if (reply === undefined) {
      request.socket.destroy()
      return
    }
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
    response.end(JSON.stringify(reply.body))
  }
}
