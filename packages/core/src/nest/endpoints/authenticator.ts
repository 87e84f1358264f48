import type { ExecutionContext } from '@nestjs/common'
import type { Identity } from '../../register.js'

/** What a client sends to log in: strings of 1 to 1,024 characters, unchanged. */
export interface LoginCredentials {
  /** The member of the body that `endpoints.login.username` names. */
  readonly username: string
  /** The member of the body that `endpoints.login.password` names. */
  readonly password: string
}

/**
 * Checks the credentials of a login through the ready-made route, and returns the identity. `null` or `undefined` is
 * refused with `credentials_invalid`; `0` and `''` are identities. May be async. It should take the same time for an
 * unknown name as for a wrong password, so that nobody can find out which names exist.
 */
export abstract class Authenticator<I = Identity> {
  /**
   * Called once for each login, after the CSRF check and the check of the body. If it throws, the response is a 500, or
   * that of an `HttpException`.
   */
  abstract authenticate(
    credentials: LoginCredentials,
    context: ExecutionContext,
  ): I | null | undefined | Promise<I | null | undefined>
}
