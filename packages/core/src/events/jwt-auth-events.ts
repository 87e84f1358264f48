import type { Observable } from 'rxjs'
import type { AuthErrorCode } from '../errors/refusals.js'

export type JwtAuthEventType =
  | 'token.issued'
  | 'token.refreshed'
  | 'refresh.reused'
  | 'session.revoked'
  | 'subject.revoked'
  | 'auth.denied'
  /** For every `credentials_invalid` that is answered. */
  | 'login.failed'
  /** A token that the app's former code signed was accepted. */
  | 'token.legacy'
  /** Another key signs from now on. */
  | 'key.rotated'

/** Something that happened. Holds no token, and no claim except the ids that name whom it concerns. */
export interface JwtAuthEvent {
  readonly type: JwtAuthEventType
  readonly at: Date
  readonly subject?: string | undefined
  readonly sessionId?: string | undefined
  readonly jti?: string | undefined
  readonly errorCode?: AuthErrorCode | undefined
  /** Why, in a fixed text of the library. */
  readonly reason?: string | undefined
  /** Of the request, as far as it is known: `http`, `graphql`, `ws` or `rpc`. */
  readonly transport?: string | undefined
  /** The handler: `ItemsController.remove`. */
  readonly route?: string | undefined
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
}

/**
 * What happens to tokens and sessions of this process, as it happens: for audit logs and alerts. Subscribers run within
 * the request, so they should be quick. One that fails is logged, fails no request and never ends the process; only an
 * async function that subscribes to what `merge` or another creation function made of `events$` must catch its own
 * rejections. A session that expires, or makes room for another (`sessions.max`), has no event.
 */
export class JwtAuthEvents {
  constructor(readonly events$: Observable<JwtAuthEvent>) {}
}
