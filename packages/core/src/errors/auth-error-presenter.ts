import type { ArgumentsHost } from '@nestjs/common'
import { type ChallengeSettings, challengeOf } from './challenge.js'
import type { JwtAuthError } from './jwt-auth.error.js'

/** What is sent for a refusal. */
export interface PresentedAuthError {
  readonly status: number
  readonly body: unknown
  /** In place of the default ones; left out, the challenge and `Retry-After` stay as they are. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Decides how refusals look. Provide your own under this token, in any one module of the app:
 * `{ provide: AuthErrorPresenter, useClass: MyPresenter }`. May be async. Where it throws, or answers with
 * no HTTP status, that is logged and the default answer is sent instead.
 */
export abstract class AuthErrorPresenter {
  abstract present(
    error: JwtAuthError,
    context: ArgumentsHost,
  ): PresentedAuthError | Promise<PresentedAuthError>
}

/** How long a client should wait before it asks again, in seconds, when something that is needed is down. */
const RETRY_AFTER = 1

/** The contract's answer: `{ statusCode, error, errorCode, message }`, the challenge, and `Retry-After` with a 503. */
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
