import type { ExecutionContext } from '@nestjs/common'
import type { Carrier } from '../../request/locate/carrier.js'

export type TransportName = 'http' | 'graphql' | 'ws' | 'rpc'

/** One call of the app by a client: an HTTP request, the operations of a GraphQL request, or one message. */
export interface Call extends Carrier<ExecutionContext> {
  readonly transport: TransportName
  /**
   * The guard keeps its outcome on this object. It is the same for all guards, interceptors, parameter decorators and
   * handlers of the call, and belongs to no other call.
   */
  readonly holder: object
  /** Where `auth` and the identity of `attachIdentityAs` are set, if the transport has such an object. */
  readonly request?: object
  /** A part of a call that other handlers answer, such as a field of a GraphQL type. Nest may run no guards for it. */
  readonly isPart?: boolean
  /** The address of the client, if the transport has it. */
  readonly ip: string | undefined
  readonly userAgent: string | undefined
}
