import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import type { HttpAdapterHost } from '@nestjs/core'
import type { GraphqlExtensions } from '../../errors/graphql-extensions.js'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { refusalFor } from '../../errors/refusals.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import { appendCookies } from '../cookies/auth-cookies.js'
import type { CookiesOfRefusal } from '../cookies/cookies-of-refusal.js'
import type { RefusalPresenter } from '../filter/refusal-presenter.js'
import type { Call } from './call.js'
import { findGraphqlCall, GraphqlRequestCall } from './graphql.js'

type Headers = Readonly<Record<string, string>>

/** Apollo Server takes these headers from the error and sends them with the response. */
interface ApolloHttp {
  readonly headers: ReadonlyMap<string, string | readonly string[]>
}

/** A refusal as GraphQL servers report it. They read `extensions`, so `graphql` is not imported. */
class GraphqlRefusal extends JwtAuthError {
  constructor(error: JwtAuthError, http: ApolloHttp | undefined) {
    super(error.errorCode, error.details)
    if (error.stack !== undefined) this.stack = error.stack
    const value: GraphqlExtensions & { readonly http?: ApolloHttp } = {
      ...error.extensions,
      ...(http && { http }),
    }
    Object.defineProperty(this, 'extensions', { value, enumerable: true })
    // Nest's driver for Apollo replaces the code of an HttpException whose status it does not know.
    if (super.getStatus() === 503) Object.defineProperty(this, 'status', { value: undefined })
  }

  override getStatus(): number {
    return refusalFor(this.errorCode).status
  }
}

/** An error with `extensions`, and the challenge among the headers of the HTTP response. The status stays 200. */
export class GraphqlRefusalForm {
  constructor(
    private readonly presenter: RefusalPresenter,
    private readonly adapterHost: HttpAdapterHost,
    private readonly cookiesOf: CookiesOfRefusal,
  ) {}

  async toThrow(error: JwtAuthError, call: Call, rules: RouteRules<ExecutionContext>): Promise<Error> {
    const { headers = {} } = await this.presenter.present(error, call.context)
    const noStore: Headers = rules.noStore ? { 'Cache-Control': 'no-store' } : {}
    return this.refusalOf(error, call, { ...noStore, ...headers }, this.cookiesOf(error, call, rules))
  }

  /** Rejects: for the subscriptions of Apollo, Nest takes what a filter returns for the stream of events. */
  async answer(error: JwtAuthError, host: ArgumentsHost): Promise<never> {
    if (error instanceof GraphqlRefusal) throw error
    const { headers = {} } = await this.presenter.present(error, host)
    throw this.refusalOf(error, findGraphqlCall(host), headers, [])
  }

  private refusalOf(
    error: JwtAuthError,
    call: Call | undefined,
    headers: Headers,
    cookies: readonly string[],
  ): GraphqlRefusal {
    if (!(call instanceof GraphqlRequestCall)) return new GraphqlRefusal(error, undefined)
    const { httpAdapter } = this.adapterHost
    const { reply } = call
    if (reply !== undefined) {
      // Mercurius sends extensions to the client as they are, and the headers of this reply.
      if (httpAdapter.isHeadersSent(reply)) return new GraphqlRefusal(error, undefined)
      for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(reply, name, value)
      appendCookies(this.adapterHost, reply, cookies)
      return new GraphqlRefusal(error, undefined)
    }
    const sent = new Map<string, string | readonly string[]>(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    // On Express, Apollo would replace the cookies that the response has already.
    const response: unknown = Reflect.get(call.holder, 'res')
    if (typeof response === 'object' && response !== null) {
      if (!httpAdapter.isHeadersSent(response)) appendCookies(this.adapterHost, response, cookies)
    } else if (cookies.length > 0) sent.set('set-cookie', cookies)
    return new GraphqlRefusal(error, { headers: sent })
  }
}
