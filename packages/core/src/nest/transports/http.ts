import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import type { Call, TransportName } from './call.js'

/** What Express and Fastify requests have in common. */
export interface HttpRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly rawHeaders?: readonly string[]
  /** Fastify: the request of node:http. */
  readonly raw?: { readonly rawHeaders?: readonly string[] }
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
    const raw = (this.holder.raw ?? this.holder).rawHeaders ?? []
    const sent: string[] = []
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const sentName = raw[at] ?? ''
      if (sentName.length === name.length && sentName.toLowerCase() === name) sent.push(raw[at + 1] ?? '')
    }
    if (sent.length > 1) return sent
    return typeof value === 'string' ? [value] : value
  }

  get method(): string {
    return this.holder.method ?? ''
  }

  /** As the adapter sees it, and as browsers write it; behind a proxy that is what `trust proxy` makes of it. */
  get ownOrigin(): string | undefined {
    const { protocol, host = '' } = this.holder
    const isWeb = protocol === 'http' || protocol === 'https'
    const url = `${protocol}://${host}`
    return isWeb && HOST.test(host) && URL.canParse(url) ? new URL(url).origin : undefined
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

export function isHttpRequest(request: unknown): request is HttpRequest {
  if (typeof request !== 'object' || request === null) return false
  const headers: unknown = Reflect.get(request, 'headers')
  return typeof headers === 'object' && headers !== null
}
