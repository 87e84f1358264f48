import type { Observable } from 'rxjs'
import type { AuthErrorCode } from '../errors/refusals.js'

/** What happened. Later versions may add types, so ignore those that you do not know. */
export type JwtAuthEventType =
  /** A session was opened, or an access token without a session, a one-time token or a ticket was issued. */
  | 'token.issued'
  /** A refresh token was exchanged for a new pair. */
  | 'token.refreshed'
  /** A refresh token was used again after the grace, so its session was ended: it may have been stolen. */
  | 'refresh.reused'
  /** One session was ended before it expired. */
  | 'session.revoked'
  /** `revokeAll` ended the sessions and tokens of a subject. */
  | 'subject.revoked'
  /** A request, a handshake or a message was refused; `errorCode` says why. */
  | 'auth.denied'
  /** A login was refused with `credentials_invalid`. */
  | 'login.failed'
  /** A token that the app's former code signed was accepted. */
  | 'token.legacy'
  /** Another key signs from now on. */
  | 'key.rotated'

/** Something that happened. Holds no token, and no claim except the ids that name whom it concerns. */
export interface JwtAuthEvent {
  readonly type: JwtAuthEventType
  /** The time of the `Clock`. */
  readonly at: Date
  readonly subject?: string | undefined
  readonly sessionId?: string | undefined
  /** Of the token that is issued or refused; where a session is opened or refreshed, of its refresh token. */
  readonly jti?: string | undefined
  readonly errorCode?: AuthErrorCode | undefined
  /** Why, in a fixed text of the library. */
  readonly reason?: string | undefined
  /** The kind of request, if it is known: `http`, `graphql`, `ws` or `rpc`. */
  readonly transport?: string | undefined
  /** The handler: `ItemsController.remove`. */
  readonly route?: string | undefined
  /** The address of the client as the framework sees it: behind a proxy, set its `trust proxy`. */
  readonly ip?: string | undefined
  /** As the client sent it: never trust its content. */
  readonly userAgent?: string | undefined
}

/**
 * Emits what happens to the tokens and sessions of this process, for audit logs and alerts. Subscribers run during the
 * request, so they should be fast. If a subscriber throws or rejects, the error is logged and the request continues. The
 * exception: an async subscriber of an Observable that `merge` or another creation function made from `events$` must
 * catch its own rejections. There is no event for a session that expires or that `sessions.max` ends.
 */
export class JwtAuthEvents {
  constructor(readonly events$: Observable<JwtAuthEvent>) {}
}
