import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { Call } from './call.js'
import { findGraphqlCall } from './graphql.js'
import { findHttpCall } from './http.js'
import { findWsCall } from './ws.js'
import { findRpcCall } from './rpc.js'

/** By the type that Nest gives to the context. Each returns `undefined` if the arguments are not those of its transport. */
const FINDERS = new Map<string, (context: ArgumentsHost) => Call | undefined>([
  ['http', findHttpCall],
  ['graphql', findGraphqlCall],
  ['ws', findWsCall],
  ['rpc', findRpcCall],
])

/** The call that a context belongs to; `undefined` for every context that the guard does not know. */
export function findCall(context: ArgumentsHost): Call | undefined {
  return FINDERS.get(context.getType())?.(context)
}

/** Like `findCall`, but throws `transport_unsupported` if there is none. */
export function callOf(context: ExecutionContext): Call {
  const call = findCall(context)
  if (call !== undefined) return call
  throw new JwtAuthUsageError(
    'transport_unsupported',
    `${context.getClass().name}.${context.getHandler().name} was called in a context of the type ` +
      `"${context.getType()}", in which JwtGuard cannot find a token, so it refuses the call. ` +
      hintFor(context.getType<string>()) +
      'Write @Public() on the handler if it may be called without a token.',
  )
}

function hintFor(type: string): string {
  if (type !== 'graphql') return ''
  return (
    'The `context` option of GraphQLModule must be a function that returns a new object for each call, with the request ' +
    'in it: context: ({ req }) => ({ req }). '
  )
}
