import type { ServerResponse } from 'node:http'

/**
 * Sees to it that answers with tokens are not stored (RFC 6749 section 5.1). Which request tokens are for it can not
 * know: it is told when some are made, and no answer of a watched request may be stored that begins after that. So
 * another one may be hit that was under way, and none is missed.
 */
export class TokenAnswers {
  private issued = 0

  note(): void {
    this.issued++
  }

  /** Middleware for the routes that may issue tokens. */
  readonly watch = (_request: unknown, response: ServerResponse, next: () => void): void => {
    const before = this.issued
    const write = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse
    response.writeHead = (...head: unknown[]): ServerResponse => {
      if (this.issued !== before) response.setHeader('Cache-Control', 'no-store')
      return write(...head)
    }
    next()
  }
}
