import type { RefreshRecord, SessionRecord } from '../session.js'

/** What every call brings: the time of the `Clock`, in milliseconds since the epoch, by which records expire. */
interface Timed {
  readonly now: number
}

export interface OpenInput extends Timed {
  readonly session: SessionRecord
  /** How many sessions the subject may have; `undefined`: no limit. */
  readonly max?: number | undefined
}

/** What a check asks of a store, all in one round trip. */
export interface LookUpInput extends Timed {
  /** The `sub` of the token. */
  readonly subject: string
  /** Its `sid`. For a token without one the subject's generation is asked for. */
  readonly sessionId?: string | undefined
  /** Its `jti`, for tokens that are revoked one by one. */
  readonly jti?: string | undefined
  /** A refresh token was presented, so the answer needs `time`. */
  readonly forRefresh?: boolean | undefined
}

export interface LookUpResult {
  /** The session `sessionId`, if it is the subject's; `undefined`: there is none, so it is dead. */
  readonly session: SessionRecord | undefined
  /** Whether `revokeToken` was called for `jti`. Where `session` is asked for and `undefined`, it does not matter. */
  readonly revoked: boolean
  /** The generation of `subject`; `undefined` where none is kept, or a `sessionId` was given. */
  readonly generation: number | undefined
  /**
   * With `forRefresh`: the time of the store's own clock, the one that sets `rotatedAt`; both decide over the grace.
   * A store that sets `rotatedAt` to `now` leaves it out.
   */
  readonly time?: number | undefined
  /** Where a store can tell: it never had this session. One in memory, for instance, that began with this process. */
  readonly isUnknown?: boolean | undefined
}

/** A use of a refresh token. */
export interface RotateInput extends Timed {
  readonly subject: string
  readonly sessionId: string
  /** The `jti` that was presented. */
  readonly presented: string
  /** What takes its place, if it is the session's current one. */
  readonly successor: RefreshRecord
  readonly keepUntil: number
  /** In the place of the session's `data`; `undefined` leaves that as it is. */
  readonly data?: string | undefined
  /** Whether the parent gets the successor again while that is unused. `false` where there is no grace. */
  readonly mayRepeat: boolean
  /**
   * A time of the store's own clock, where `lookUp` has answered one: after it nobody waits for the outcome, because
   * whoever sent the token was told 503 and comes again. A store that comes to the work later than that leaves it
   * undone and throws; else the second use would look like a reuse.
   */
  readonly deadline?: number | undefined
}

export type RotateResult =
  | { readonly kind: 'rotated' }
  /** The parent of an unused successor: here is that successor. Nothing has changed but `data`. */
  | { readonly kind: 'repeated'; readonly successor: RefreshRecord }
  /** Used before: the session has been ended. */
  | { readonly kind: 'reused' }
  /** No such session of this subject. */
  | { readonly kind: 'gone' }

export interface EndInput extends Timed {
  readonly sessionId: string
  /** Left out where only the id is known: an administrator may know no more. */
  readonly subject?: string | undefined
}

export interface EndAllInput extends Timed {
  readonly subject: string
  /** The id of a session that is left alone. */
  readonly except?: string | undefined
  /** Until when the new generation is kept, at least. */
  readonly keepUntil: number
}

export interface ListInput extends Timed {
  readonly subject: string
}

export interface AdmitInput extends Timed {
  readonly subject: string
  /** Until when the generation is kept, at least. */
  readonly keepUntil: number
}

/** A token that is remembered by itself, until `keepUntil`. */
export interface TokenInput extends Timed {
  readonly jti: string
  readonly subject: string
  readonly keepUntil: number
}

export interface ConsumeInput extends Timed {
  readonly jti: string
  readonly subject: string
}

export type PruneInput = Timed

/**
 * The one port for all that is remembered. Every method is atomic, however many processes call it at the same time, and
 * once it has resolved, every later call anywhere sees what it did. Times are whole milliseconds since the epoch. Ids
 * are 1 to 64 characters of `A-Z a-z 0-9 _ -`; subjects are any string of 1 to 255 characters, compared exactly. The
 * subject that a record was added with comes with every later question about it (but see `end`), so a store may keep
 * all that a subject has in one place. A store that cannot do its work throws, and never guesses.
 * Run `sessionStoreCases` of `/testing` against a store of your own.
 */
export abstract class SessionStore {
  /** Whether all processes share the same records, also after a restart: what is not there is dead. */
  readonly isShared: boolean = true

  /**
   * Adds a session. With `max`, the subject's sessions beyond that many end: those unused the longest, never the new
   * one.
   */
  abstract open(input: OpenInput): Promise<void>

  /** Everything that the check of one token needs, in one round trip. Records past their `keepUntil` are not there. */
  abstract lookUp(input: LookUpInput): Promise<LookUpResult>

  /**
   * The use of a refresh token, whose time `lookUp` has been asked for. If `presented` is the current token, the
   * successor replaces it, `lastUsedAt` becomes `now`, and the parent's `rotatedAt` the time of the store's own clock.
   * If it is the parent of an unused successor, and `mayRepeat`, it gets that successor. Anything else ends the
   * session. Of any number of parallel calls with one token exactly one gets `rotated`.
   */
  abstract rotate(input: RotateInput): Promise<RotateResult>

  /** Ends a session; with `subject`, only where it is that subject's. Answers whether there was one to end. */
  abstract end(input: EndInput): Promise<boolean>

  /**
   * Ends all that a subject has: sessions but the one of `except`, one-time tokens, and, by a new generation, tokens
   * that belong to no session. Relies on no clock: what is added later is not touched. Answers how many sessions ended.
   */
  abstract endAll(input: EndAllInput): Promise<number>

  /** The subject's sessions, in any order. */
  abstract list(input: ListInput): Promise<readonly SessionRecord[]>

  /**
   * Notes that a token without a session is about to be issued, and answers the subject's generation:
   * `firstGeneration()` where none is kept, one more after each `endAll`. A store that is not shared begins wherever it
   * likes.
   */
  abstract admit(input: AdmitInput): Promise<number>

  /** Revokes one access token. Twice is no error. */
  abstract revokeToken(input: TokenInput): Promise<void>

  /** Adds a one-time token. */
  abstract addOneTimeToken(input: TokenInput): Promise<void>

  /** Takes a one-time token away. Of any number of calls exactly one is answered `true`, ever. */
  abstract consumeOneTimeToken(input: ConsumeInput): Promise<boolean>

  /** Removes records whose `keepUntil` has come; answers how many. Saves space only: results never depend on it. */
  abstract prune(input: PruneInput): Promise<number>

  /**
   * Optional, for stores that hear of changes by themselves: calls `forget` as soon as what `lookUp` has said of a
   * subject may no longer be so; without a subject, where any of it may not. `sessions.check: { maxStaleness }` holds
   * without it, and is nearly always much better with it.
   */
  watch?(forget: (subject: string | undefined) => void): void
}
