import type { CanActivate } from '@nestjs/common'
import { StandInGuard } from '../nest/guard/stand-in.guard.js'
import type { Identity, JwtClaims } from '../register.js'

/** Who is signed in. */
export interface SignedIn {
  /** The claims of the access token; `sub` names the caller. */
  readonly claims: Pick<JwtClaims, 'sub'> & Partial<JwtClaims>
  /** Default: what the app's identity loader finds for the claims, or `sub` where there is none. */
  readonly identity?: Identity
  /** What `@CurrentToken()` gets. Default: a fixed string that is no token. */
  readonly token?: string
}

/**
 * Stands in the place of `JwtGuard` in tests, as if every request carried a good token of this caller:
 * `overrideProvider(JwtGuard).useValue(signedInGuard({ claims: { sub: 'ada' } }))`, or `overrideGuard` where no module
 * provides the guard. `@Claims()`, `@CurrentIdentity()`, `@CurrentToken()` and `JwtAuthContext` answer with it, `@Public()`
 * stays anonymous, and policies are asked, by the app's `Clock`. Make one for each app.
 */
export function signedInGuard({ claims, token = 'signed-in-by-a-test', ...rest }: SignedIn): CanActivate {
  return new StandInGuard({ ...rest, claims: frozen(structuredClone(claims)), token })
}

/** Claims that a handler gets from a real token cannot be changed either. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) frozen(member)
  return Object.freeze(value)
}
