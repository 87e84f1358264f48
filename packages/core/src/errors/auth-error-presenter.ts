import type { ArgumentsHost } from '@nestjs/common'
import { type ChallengeSettings, challengeOf } from './challenge.js'
import type { JwtAuthError } from './jwt-auth.error.js'

/** The response to a refusal. */
export interface PresentedAuthError {
  /** An HTTP status from 200 to 599. */
  readonly status: number
  /** Sent as JSON. */
  readonly body: unknown
  /** Replaces the default headers. If left out, the challenge and `Retry-After` are sent. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Decides how refusals are sent. To use your own, provide it in exactly one module of the app:
 * `{ provide: AuthErrorPresenter, useClass: MyPresenter }`. May be async. If it throws or returns an invalid status or
 * header, the error is logged and the default response is sent.
 */
export abstract class AuthErrorPresenter {
  /** Called once for each refusal over HTTP. `error.errorCode` says which it is. */
  abstract present(
    error: JwtAuthError,
    context: ArgumentsHost,
  ): PresentedAuthError | Promise<PresentedAuthError>
}

/** Seconds that a client should wait after a 503 before it tries again. */
const RETRY_AFTER = 1

/** The default: body `{ statusCode, error, errorCode, message }`, the challenge, and `Retry-After` with a 503. */
export class DefaultAuthErrorPresenter extends AuthErrorPresenter {
  constructor(private readonly challenge: ChallengeSettings) {
    super()
  }

  present(error: JwtAuthError): PresentedAuthError & { headers: Record<string, string> } {
    const status = error.getStatus()
    const challenge = challengeOf(error, this.challenge)
    const headers: Record<string, string> = {}
    if (challenge !== undefined) headers['WWW-Authenticate'] = challenge
    if (status === 503) headers['Retry-After'] = String(RETRY_AFTER)
    return { status, body: error.getResponse(), headers }
  }
}
