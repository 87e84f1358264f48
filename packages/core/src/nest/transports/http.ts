import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import type { Call, TransportName } from './call.js'

/** What Express and Fastify requests have in common. */
export interface HttpRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly rawHeaders?: readonly string[]
  /** Fastify: the request of node:http. */
  readonly raw?: { readonly rawHeaders?: readonly string[]; readonly upgrade?: boolean }
  readonly method?: string
  readonly protocol?: string
  /** Host and port. */
  readonly host?: string
  /** Behind a proxy it is what `trust proxy` makes of it. */
  readonly ip?: string
  readonly query?: unknown
  readonly body?: unknown
}

/** Host and port as browsers send them. Anything else takes `URL` a long time: international names, thousands of labels. */
const HOST = /^[\w.:[\]-]{1,260}$/

/** A call by an HTTP request. */
export class HttpCall implements Call {
  readonly transport: TransportName = 'http'

  constructor(
    readonly context: ExecutionContext,
    readonly holder: HttpRequest,
  ) {}

  get request(): object {
    return this.holder
  }

  /** node:http silently drops the second `Authorization`, so the headers are counted as they came. */
  headerValues(name: string): readonly string[] {
    const value = this.holder.headers[name]
    if (value === undefined) return []
    const sent = sentValues((this.holder.raw ?? this.holder).rawHeaders ?? [], name)
    if (sent.length > 1) return sent
    return typeof value === 'string' ? [value] : value
  }

  get method(): string {
    return this.holder.method ?? ''
  }

  /** As the adapter sees it, and as browsers write it; behind a proxy that is what `trust proxy` makes of it. */
  get ownOrigin(): string | undefined {
    return originOf(this.holder.protocol, this.holder.host)
  }

  get query(): unknown {
    return this.holder.query
  }

  get body(): unknown {
    return this.holder.body
  }

  get ip(): string | undefined {
    return this.holder.ip
  }

  get userAgent(): string | undefined {
    const userAgent = this.holder.headers['user-agent']
    return typeof userAgent === 'string' ? userAgent : undefined
  }
}

/**
 * The call of a context of the type `http`. Nest says `http` of handlers too that a library calls without naming a type:
 * what those are called with is not a request.
 */
export function findHttpCall(context: ArgumentsHost): HttpCall | undefined {
  const request: unknown = context.switchToHttp().getRequest()
  return isHttpRequest(request) ? new HttpCall(context as ExecutionContext, request) : undefined
}

/** The values of one header (lower case) among names and values as they were sent. */
export function sentValues(rawHeaders: readonly string[], name: string): readonly string[] {
  const sent: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const sentName = rawHeaders[at] ?? ''
    if (sentName.length === name.length && sentName.toLowerCase() === name)
      sent.push(rawHeaders[at + 1] ?? '')
  }
  return sent
}

/** The origin of a page that was loaded from there, as browsers write it (RFC 6454 section 6.2). */
export function originOf(protocol: string | undefined, host = ''): string | undefined {
  const isWeb = protocol === 'http' || protocol === 'https'
  const url = `${protocol}://${host}`
  return isWeb && HOST.test(host) && URL.canParse(url) ? new URL(url).origin : undefined
}

export function isHttpRequest(request: unknown): request is HttpRequest {
  if (typeof request !== 'object' || request === null) return false
  const headers: unknown = Reflect.get(request, 'headers')
  return typeof headers === 'object' && headers !== null
}
