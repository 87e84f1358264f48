import { STATUS_CODES } from 'node:http'
import { HttpException } from '@nestjs/common'
import { type GraphqlExtensions, graphqlExtensions } from './graphql-extensions.js'
import { type AuthErrorCode, refusalFor } from './refusals.js'

/** Details of a refusal. Only `message`, `scope` and `maxAge` ever reach a client. */
export interface JwtAuthErrorDetails {
  /** Replaces the default message of the code. Clients see it, so it must be a constant string. */
  readonly message?: string | undefined
  /** The scopes that the route requires: RFC 6750 section 3, `scope`. */
  readonly scope?: string | undefined
  /** How recent the login must be, in seconds: RFC 9470 section 3, `max_age`. */
  readonly maxAge?: number | undefined
  /** Why, for the debug log. Never holds a token, a key or a claim value. */
  readonly reason?: string | undefined
  /** The signature could not be checked, because no key here has the token's `kid`. Another instance may have it. */
  readonly isKeyUnknown?: boolean | undefined
  /** The `jti` of the token, once its signature is known to be good. For the debug log. */
  readonly jti?: string | undefined
  readonly cause?: unknown
}

/** The body of every refusal. */
export interface JwtAuthErrorBody {
  readonly statusCode: number
  readonly error: string
  readonly errorCode: AuthErrorCode
  readonly message: string
}

/**
 * A refused request. Its status and body are correct with any exception filter. The guard and this module's own filter
 * add the challenge header. `errorCode` is a literal type, so you can switch over it.
 */
export class JwtAuthError<Code extends AuthErrorCode = AuthErrorCode> extends HttpException {
  declare readonly errorCode: Code
  readonly details: JwtAuthErrorDetails

  constructor(errorCode: Code, details: JwtAuthErrorDetails = {}) {
    const { status, message } = refusalFor(errorCode)
    const body: JwtAuthErrorBody = {
      statusCode: status,
      error: STATUS_CODES[status] ?? 'Error',
      errorCode,
      message: details.message ?? message,
    }
    super(body, status, details.cause === undefined ? {} : { cause: details.cause })
    this.name = 'JwtAuthError'
    this.errorCode = errorCode
    this.details = details
  }

  /** GraphQL servers send it next to the message, whatever filters the app has. */
  get extensions(): GraphqlExtensions {
    return graphqlExtensions(this.errorCode, this.getStatus())
  }

  override getResponse(): JwtAuthErrorBody {
    return super.getResponse() as JwtAuthErrorBody
  }
}
