import type { VerifiedToken } from '../token/token-verifier.js'

declare const live: unique symbol

/** A verified token that nothing has revoked. */
export interface LiveToken extends VerifiedToken {
  /** Only the session check makes one. */
  readonly [live]: true
}

/** Decides whether a verified token is still live. Throws `token_revoked` or `store_unavailable`. */
export interface SessionCheck {
  check<T extends VerifiedToken>(token: T): Promise<T & LiveToken>
}

/** The check of an app with `refreshToken: false`: nothing is remembered, so a verified token is live. */
export const NO_SESSIONS: SessionCheck = {
  check: <T extends VerifiedToken>(token: T) => Promise.resolve(token as T & LiveToken),
}
