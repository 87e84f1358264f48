import type { ExecutionContext } from '@nestjs/common'
import type { Identity } from '../../register.js'

/** What a login sends: texts of 1 to 1,024 characters, as they came. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/**
 * Decides over a login by the ready-made route. `null` or `undefined` is answered with `credentials_invalid`; `0` and
 * `''` are identities. May be async. Let it take as long for a name that nobody has as for a wrong password.
 */
export abstract class Authenticator<I = Identity> {
  abstract authenticate(
    credentials: Credentials,
    context: ExecutionContext,
  ): I | null | undefined | Promise<I | null | undefined>
}
