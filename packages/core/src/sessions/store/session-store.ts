import type { RefreshRecord, SessionRecord } from '../session.js'
import type { StoreReport } from '../../store-report.js'

/** `now`: the time of the `Clock` in milliseconds since the epoch. Records expire by this time. */
interface Timed {
  readonly now: number
}

/** A session to add. */
export interface OpenInput extends Timed {
  /** Its id is new. */
  readonly session: SessionRecord
  /** How many sessions the subject may have; `undefined`: no limit. */
  readonly max?: number | undefined
  /** The token that the session replaces: it can be exchanged for one session only. */
  readonly exchanged?: ExchangedToken | undefined
}

/** A token without a session that is exchanged for one. */
export interface ExchangedToken {
  /** The id under which `revokeToken` would remember the token. */
  readonly jti: string
  /** The subject's generation when the token was checked, as `keepGeneration` returned it. */
  readonly generation: number
  /** Until when it is remembered that the token was exchanged. */
  readonly keepUntil: number
}

/** The question of a session check, which a store answers in one round trip. */
export interface LookUpInput extends Timed {
  /** The `sub` of the token. */
  readonly subject: string
  /** Its `sid`. If `undefined`, the answer needs the subject's generation. */
  readonly sessionId?: string | undefined
  /** Its `jti`, for tokens that are revoked one by one. */
  readonly jti?: string | undefined
  /** A refresh token was presented, so the answer needs `time`. */
  readonly forRefresh?: boolean | undefined
}

/** The answer to a session check, all of it read at the same moment. */
export interface LookUpResult {
  /** The session `sessionId`, if it belongs to the subject; `undefined`: the session has ended or never existed. */
  readonly session: SessionRecord | undefined
  /** Whether `revokeToken` was called for `jti`. Not used if `sessionId` was given and `session` is `undefined`. */
  readonly revoked: boolean
  /** The generation of `subject`; `undefined` if the store keeps none, or if `sessionId` was given. */
  readonly generation: number | undefined
  /**
   * With `forRefresh`: the time of the store's own clock, which also sets `rotatedAt`; `reuseGrace` is measured between
   * the two. A store that sets `rotatedAt` to `now` leaves it out.
   */
  readonly time?: number | undefined
  /** The store knows that it never had this session, such as a store in memory after a restart. Optional. */
  readonly isUnknown?: boolean | undefined
}

/** The question of a check of several tokens of one subject, such as those of its open connections. */
export interface LookUpTokensInput extends Timed {
  /** The `sub` of the tokens. */
  readonly subject: string
  /** Their `sid`s, at most 400, each once. May be empty. */
  readonly sessionIds: readonly string[]
  /** Their `jti`s, at most 400, each once. May be empty. */
  readonly jtis: readonly string[]
}

/** The answer to a check of several tokens. */
export interface LookUpTokensResult {
  /** The sessions among `sessionIds` that belong to the subject and have not ended, in any order. */
  readonly sessions: readonly SessionRecord[]
  /** Those of `jtis` for which `revokeToken` was called, in any order. */
  readonly revoked: readonly string[]
  /** The generation of the subject; `undefined` if the store keeps none. */
  readonly generation: number | undefined
}

/** A use of a refresh token. */
export interface RotateInput extends Timed {
  /** The `sub` of the refresh token. */
  readonly subject: string
  /** Its `sid`. */
  readonly sessionId: string
  /** Its `jti`. */
  readonly presented: string
  /** Replaces it, if it is the session's current token. */
  readonly successor: RefreshRecord
  /** The `keepUntil` of the session with the successor. */
  readonly keepUntil: number
  /** Replaces the session's `data`, if it is still `from`; `undefined` leaves it unchanged. */
  readonly data?: { readonly from: string; readonly to: string } | undefined
  /** Whether the parent gets the successor again while that is unused. `false` if `reuseGrace` is 0. */
  readonly mayRepeat: boolean
  /**
   * A time of the store's own clock, if `lookUp` returned one. After it the client has already received a 503 and will
   * try again. A store that starts the rotation later must throw and change nothing, because the second try would
   * otherwise look like a reuse.
   */
  readonly deadline?: number | undefined
}

/** What a use of a refresh token did. Exactly one of five outcomes. */
export type RotateResult =
  /** The successor is now the current token. */
  | { readonly kind: 'rotated' }
  /** The parent of an unused successor: here is that successor. Nothing has changed but `data`. */
  | { readonly kind: 'repeated'; readonly successor: RefreshRecord }
  /** Another refresh replaced the session's `data`: here is the new one. Nothing has changed; the caller may try again. */
  | { readonly kind: 'changed'; readonly data: string }
  /** Used before: the session has been ended. */
  | { readonly kind: 'reused' }
  /** No such session of this subject. */
  | { readonly kind: 'gone' }

/** A session to end. */
export interface EndInput extends Timed {
  /** May name no session: then nothing is ended. */
  readonly sessionId: string
  /** If given, a session of another subject is not ended. Left out if only the id is known, for example to an administrator. */
  readonly subject?: string | undefined
}

/** A subject whose sessions and tokens all end. */
export interface EndAllInput extends Timed {
  /** May have no records at all; it gets a new generation all the same. */
  readonly subject: string
  /** The id of a session that is not ended. */
  readonly except?: string | undefined
  /** Until when the new generation is kept, at least. */
  readonly keepUntil: number
}

/** A subject whose sessions are listed. */
export interface ListInput extends Timed {
  /** May have no sessions: then the list is empty. */
  readonly subject: string
}

/** A subject that is about to get a token without a session. */
export interface KeepGenerationInput extends Timed {
  /** The `sub` of that token. */
  readonly subject: string
  /** Until when the generation is kept, at least. */
  readonly keepUntil: number
}

/** A token that is remembered by itself, until `keepUntil`. */
export interface TokenInput extends Timed {
  /** The id of the token. */
  readonly jti: string
  /** The `sub` of the token. */
  readonly subject: string
  /** Until when the record is needed: milliseconds since the epoch. */
  readonly keepUntil: number
}

/** A one-time token that is presented. */
export interface ConsumeInput extends Timed {
  /** The id of the token. */
  readonly jti: string
  /** The `sub` of the token. */
  readonly subject: string
}

/** The time by which records are past their `keepUntil`. */
export type PruneInput = Timed

/**
 * Stores sessions, revocations and one-time tokens. Every method must be atomic, however many processes call it at the
 * same time, and after it has resolved, every later call in any process must see its effect. Times are whole milliseconds
 * since the epoch. Ids are 1 to 64 characters of `A-Z a-z 0-9 _ -`; subjects are any string of 1 to 255 characters,
 * compared exactly. Every call about a record has the subject of that record (except `end`), so a store may keep all
 * records of a subject in one place. A store that cannot do its work must throw, never guess. Test your own store with
 * `sessionStoreCases` of `/testing`.
 */
export abstract class SessionStore {
  /** Whether all processes share the same records, also after a restart, so that a missing session has ended. */
  readonly isShared: boolean = true

  /**
   * Adds a session and returns `true`. With `max`, ends the subject's sessions beyond that number: those unused for the
   * longest time, never the new one. With `exchanged`, revokes that token too; if it is revoked already, or the subject's
   * generation is another by now, changes nothing and returns `false`.
   */
  abstract open(input: OpenInput): Promise<boolean>

  /** Everything that the check of one token needs, in one round trip. Records past their `keepUntil` count as removed. */
  abstract lookUp(input: LookUpInput): Promise<LookUpResult>

  /** Everything that the check of several tokens of one subject needs. Records past their `keepUntil` count as removed. */
  abstract lookUpTokens(input: LookUpTokensInput): Promise<LookUpTokensResult>

  /**
   * Uses a refresh token, after `lookUp` with `forRefresh`. If `presented` is the current token, the
   * successor replaces it, `lastUsedAt` becomes `now`, and the parent's `rotatedAt` the time of the store's own clock.
   * If it is the parent of an unused successor, and `mayRepeat`, it gets that successor. Anything else ends the
   * session. Of parallel calls with the same token exactly one gets `rotated`.
   */
  abstract rotate(input: RotateInput): Promise<RotateResult>

  /** Ends a session; with `subject`, only if it belongs to that subject. Returns whether a session was ended. */
  abstract end(input: EndInput): Promise<boolean>

  /**
   * Ends the subject's sessions except the one of `except`, its one-time tokens and, by a new generation, its tokens
   * without a session. Records added after this call are not affected, whatever their times. Returns how many sessions
   * ended.
   */
  abstract endAll(input: EndAllInput): Promise<number>

  /** The subject's sessions, in any order. */
  abstract list(input: ListInput): Promise<readonly SessionRecord[]>

  /**
   * Called before a token without a session is issued. Returns the subject's generation: `firstGeneration()` if the store
   * keeps none, one more after each `endAll`. A store that is not shared may start with any number.
   */
  abstract keepGeneration(input: KeepGenerationInput): Promise<number>

  /** Revokes one access token. Revoking it again is no error, and it stays revoked until the later `keepUntil`. */
  abstract revokeToken(input: TokenInput): Promise<void>

  /** Adds a one-time token. */
  abstract addOneTimeToken(input: TokenInput): Promise<void>

  /** Removes a one-time token. Exactly one call for a token returns `true`. */
  abstract consumeOneTimeToken(input: ConsumeInput): Promise<boolean>

  /** Removes records past their `keepUntil` and returns how many. Only saves space: no other result depends on it. */
  abstract prune(input: PruneInput): Promise<number>

  /**
   * Optional, for stores that are notified of changes: calls `forget` as soon as a subject's sessions or tokens have ended,
   * whichever process ended them, and without a subject if that may have happened to anybody, for example after the
   * connection that brings the notifications was lost. It is enough to tell of subjects that this process has looked up
   * since it was last told of them. Returns a function that ends it, which is called when the app closes; a store that
   * returns none may never call `forget`. `sessions.check: { maxStaleness }` and open connections do without it; with it,
   * they notice changes much sooner.
   */
  watch?(forget: (subject: string | undefined) => void): void | (() => void)

  /**
   * Optional, for tools such as `nest-jwt-auth doctor`: what an operator should know about the store. Changes nothing, also
   * works where tables are missing, and rejects if the store cannot be reached.
   */
  report?(): Promise<StoreReport>
}
