import type { ArgumentsHost, ExecutionContext } from '@nestjs/common'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { RouteRules } from '../../request/policy/route-rules.js'
import type { Call, TransportName } from './call.js'

/** How a refusal is sent to the clients of one transport. */
export interface RefusalForm {
  /** Prepares the response, if there is one, and returns the error that the guard throws. */
  toThrow(error: JwtAuthError, call: Call, rules: RouteRules<ExecutionContext>): Promise<Error>
  /**
   * Answers a refusal that a handler threw: what the exception filter returns to Nest. `undefined`: the response has been
   * sent. Rejects only with the error that the server of the transport turns into the answer.
   */
  answer(error: JwtAuthError, host: ArgumentsHost): unknown
}

export type RefusalForms = Readonly<Partial<Record<TransportName, RefusalForm>>>

/** The injection token of `RefusalForms`. */
export const REFUSAL_FORMS = Symbol('nest-jwt-auth:refusal-forms')
