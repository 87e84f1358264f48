import type { CanActivate, ExecutionContext } from '@nestjs/common'
import type { ServerResponse } from 'node:http'

/**
 * Sees to it that answers with tokens are not stored (RFC 6749 section 5.1). Which request tokens are for it can not
 * know: it is told when some are made, and no answer of a watched request may be stored that begins after that. So
 * another one may be hit that was under way, and none is missed. Stands before all guards, and lets everything through.
 */
export class TokenAnswers implements CanActivate {
  private issued = 0

  /** `mayIssue`: whether requests to this controller may come to issue tokens. */
  constructor(private readonly mayIssue: (controller: unknown) => boolean) {}

  note(): void {
    this.issued++
  }

  canActivate(context: ExecutionContext): true {
    if (context.getType() === 'http' && this.mayIssue(context.getClass())) {
      const response = context
        .switchToHttp()
        .getResponse<ServerResponse & { readonly raw?: ServerResponse }>()
      this.watch(response.raw ?? response)
    }
    return true
  }

  private watch(response: ServerResponse): void {
    const before = this.issued
    const write = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse
    response.writeHead = (...head: unknown[]): ServerResponse => {
      if (this.issued === before) return write(...head)
      response.setHeader('Cache-Control', 'no-store')
      // Fastify gives the headers here, where they would win.
      return write(...head.map((part) => (isHeaders(part) ? withoutCacheControl(part) : part)))
    }
  }
}

function isHeaders(part: unknown): part is object {
  return typeof part === 'object' && part !== null && !Array.isArray(part)
}

function withoutCacheControl(headers: object): object {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'cache-control'),
  )
}
