import type { ExecutionContext } from '@nestjs/common'
import type { Carrier } from '../../request/locate/carrier.js'

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

export class HttpCarrier implements Carrier<ExecutionContext> {
  constructor(
    readonly context: ExecutionContext,
    private readonly request: HttpRequest,
  ) {}

  /** node:http silently drops the second `Authorization`, so the headers are counted as they came. */
  headerValues(name: string): readonly string[] {
    const value = this.request.headers[name]
    if (value === undefined) return []
    const raw = (this.request.raw ?? this.request).rawHeaders ?? []
    const sent: string[] = []
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const sentName = raw[at] ?? ''
      if (sentName.length === name.length && sentName.toLowerCase() === name) sent.push(raw[at + 1] ?? '')
    }
    if (sent.length > 1) return sent
    return typeof value === 'string' ? [value] : value
  }

  get method(): string {
    return this.request.method ?? ''
  }

  /** As the adapter sees it, and as browsers write it; behind a proxy that is what `trust proxy` makes of it. */
  get ownOrigin(): string | undefined {
    const { protocol, host = '' } = this.request
    const isWeb = protocol === 'http' || protocol === 'https'
    const url = `${protocol}://${host}`
    return isWeb && HOST.test(host) && URL.canParse(url) ? new URL(url).origin : undefined
  }

  get query(): unknown {
    return this.request.query
  }

  get body(): unknown {
    return this.request.body
  }
}
