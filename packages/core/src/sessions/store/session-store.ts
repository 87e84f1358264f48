import type { RefreshRecord, SessionRecord } from '../session.js'

/** What a check asks of a store, all at once. */
export interface Lookup {
  /** The `sub` of the token. */
  readonly subject: string
  /** Its `sid`; without one it is the subject's epoch that counts. */
  readonly sessionId?: string | undefined
  /** Its `jti`, for tokens that are revoked one by one. */
  readonly jti?: string | undefined
}

export interface LookupResult {
  /** The session of `sessionId`, if it is the subject's; `undefined`: there is none, so it is dead. */
  readonly session: SessionRecord | undefined
  /** Whether `revokeToken` was called for `jti`. Where the session that was asked for is dead, it does not matter. */
  readonly revoked: boolean
  /** The epoch of `subject`; `undefined` where none is kept, or a `sessionId` was given. */
  readonly epoch: number | undefined
}

/** A use of a refresh token. */
export interface Rotation {
  readonly subject: string
  readonly sessionId: string
  /** The `jti` that was presented. */
  readonly presented: string
  /** What takes its place, if it is the session's current one. */
  readonly successor: RefreshRecord
  readonly keepUntil: number
  /** Milliseconds. */
  readonly reuseGrace: number
  /**
   * Milliseconds, after which nobody waits for the outcome: whoever sent the token was told 503 and comes again. A store
   * whose work may come late leaves it undone then, as far as it can, or it would find that second use a reuse.
   */
  readonly patience: number
}

export type RotationOutcome =
  | { readonly kind: 'rotated' }
  /** The parent inside the grace: here is the successor that is there already. Nothing has moved. */
  | { readonly kind: 'repeated'; readonly successor: RefreshRecord }
  /** Used before: the session has been ended. */
  | { readonly kind: 'reused' }
  /** No such session of this subject. */
  | { readonly kind: 'gone' }

/**
 * The one port for all that is remembered. Every method is atomic, however many processes call it at once, and after
 * it has resolved every other call anywhere sees what it did. Times are whole milliseconds since the epoch; `now` comes
 * from the `Clock`, never from the store. Ids are 1 to 64 characters of `A-Z a-z 0-9 _ -`; subjects are any text of 1 to
 * 255 characters, compared exactly. The subject that a record was added with comes with every later question about it,
 * so a store may keep all that a subject has in one place. A store that can't do its work throws, and never guesses.
 * Run `sessionStoreCases` of `/testing` against a store of your own.
 */
export abstract class SessionStore {
  /** Whether all processes have the same records, and each that starts finds them: what is not there is dead. */
  readonly isShared: boolean = true

  /**
   * Adds a session. With `max`, the subject's sessions beyond that many end: those unused the longest, never the new
   * one.
   */
  abstract open(session: SessionRecord, max: number | undefined, now: number): Promise<void>

  /** Everything that the check of one token needs, in one round trip. Records past their `keepUntil` are not there. */
  abstract lookUp(lookup: Lookup, now: number): Promise<LookupResult>

  /**
   * The use of a refresh token, decided by `standingOf` on the session as it is then: `current` is replaced by the
   * successor (`lastUsedAt` and the parent's `rotatedAt` are `now`); `parent` gets the successor that is there;
   * `reused` ends the session. Of any number of parallel calls with one token exactly one gets `rotated`.
   */
  abstract rotate(rotation: Rotation, now: number): Promise<RotationOutcome>

  /**
   * Ends a session; with `subject`, only where it is that subject's. Answers whether there was one to end. The only
   * question that may come without a subject: an administrator may know no more than the id.
   */
  abstract end(sessionId: string, subject: string | undefined, now: number): Promise<boolean>

  /**
   * Ends all that a subject has: sessions but the one of `except`, one-time tokens, and by a new epoch, kept until
   * `keepUntil` at least, tokens that belong to no session. Relies on no clock: what is added later is not touched.
   * Answers how many sessions ended.
   */
  abstract endAll(
    subject: string,
    except: string | undefined,
    keepUntil: number,
    now: number,
  ): Promise<number>

  /** The subject's sessions, in any order. */
  abstract list(subject: string, now: number): Promise<readonly SessionRecord[]>

  /**
   * Notes that a token without a session is about to be issued, and keeps the subject's epoch until `keepUntil` at
   * least. Answers the epoch: `firstEpoch()` where none is kept, one more after each `endAll`. A store that is not
   * shared begins wherever it likes.
   */
  abstract admit(subject: string, keepUntil: number, now: number): Promise<number>

  /** Revokes one access token. Twice is no error. */
  abstract revokeToken(jti: string, subject: string, keepUntil: number, now: number): Promise<void>

  /** Adds a one-time token. */
  abstract addOneTimeToken(jti: string, subject: string, keepUntil: number, now: number): Promise<void>

  /** Takes a one-time token away. Of any number of calls exactly one is answered `true`, ever. */
  abstract consumeOneTimeToken(jti: string, subject: string, now: number): Promise<boolean>

  /** Removes records whose `keepUntil` has come; answers how many. Never needed for what is right, only for space. */
  abstract prune(now: number): Promise<number>

  /**
   * Optional, for stores that hear of changes by themselves: calls `forget` as soon as what `lookUp` has said of a
   * subject may no longer be so; without a subject, where any of it may not. `sessions.check: { maxStaleness }` holds
   * without it, and is nearly always much better with it.
   */
  watch?(forget: (subject: string | undefined) => void): void
}
