import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Call, TransportName } from './call.js'
import { GraphqlSocketCall } from './graphql-socket.js'
import { findGraphqlSource } from './graphql-source.js'
import { HttpCall, type HttpRequest } from './http.js'

/** The part of `GraphQLResolveInfo` that is used here. */
interface ResolveInfo {
  readonly operation?: object
  readonly path?: { readonly prev?: unknown }
}

/** What came by one HTTP request: an operation, or a batch of them. The request is the holder, so it is verified once. */
export class GraphqlRequestCall extends HttpCall {
  override readonly transport: TransportName = 'graphql'

  constructor(
    context: ExecutionContext,
    request: HttpRequest,
    /** The reply of Fastify, where the GraphQL context has it: Mercurius puts it there. */
    readonly reply: object | undefined,
    readonly isPart: boolean,
  ) {
    super(context, request)
  }

  /** An app may build the headers of the request from what a client sent as JSON. */
  override headerValues(name: string): readonly string[] {
    const values: unknown = super.headerValues(name)
    if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return values
    throw new JwtAuthError('token_malformed', { reason: `the header ${name} is not a string` })
  }
}

/**
 * The call of a context of the type `graphql`, by what the drivers of Nest put into the GraphQL context. `undefined`
 * where the context function of the app hides the request.
 */
export function findGraphqlCall(host: ArgumentsHost): Call | undefined {
  const args: readonly unknown[] = host.getArgs()
  // Resolvers of references get no arguments of a field (Apollo Federation).
  const [context, info] = args.length === 3 ? [args[1], args[2]] : [args[2], args[3]]
  if (!isObject(context)) return undefined
  const source = findGraphqlSource(context)
  if (source === undefined) return undefined
  const { operation, path } = (isObject(info) ? info : {}) as ResolveInfo
  const isPart = path?.prev !== undefined
  return source.isOverUpgrade
    ? GraphqlSocketCall.of(host as ExecutionContext, source, context, operation ?? context, isPart)
    : new GraphqlRequestCall(host as ExecutionContext, source.request, source.reply, isPart)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
