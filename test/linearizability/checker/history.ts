/** Names: `s4` is the session that call 4 opened, `r4` and `a4` are the tokens that it was the first to be given. */
export type Name = string

/** What a client asks. All calls of a history are about one subject. `session` is missing for tokens without one. */
export type Request =
  | { readonly kind: 'login' }
  | { readonly kind: 'refresh'; readonly session: Name; readonly token: Name }
  /** `verify` of a refresh token, as a route with `@UseRefreshToken` does. */
  | { readonly kind: 'present'; readonly session: Name; readonly token: Name }
  /** `verify` of an access token. */
  | { readonly kind: 'check'; readonly session?: Name | undefined; readonly token: Name }
  /** `revoke` of an access token. */
  | { readonly kind: 'revoke'; readonly session?: Name | undefined; readonly token: Name }
  /** `revokeSession`, or `revoke` of a refresh token. */
  | { readonly kind: 'end'; readonly session: Name }
  | { readonly kind: 'revokeAll'; readonly except?: Name | undefined }
  | { readonly kind: 'list' }
  /** `issueAccessToken`. */
  | { readonly kind: 'issue' }
  /** Not a call of a client: the server lost all that it had, once in this time. */
  | { readonly kind: 'loss' }

export type Kind = Request['kind']

export type Answer =
  /** Of `login` and `refresh` both tokens, of `issue` the access token. */
  | { readonly kind: 'tokens'; readonly refresh?: Name | undefined; readonly access: Name }
  /** A check has passed, or a call without a result was done. */
  | { readonly kind: 'done' }
  /** How many sessions a call has ended. */
  | { readonly kind: 'ended'; readonly count: number }
  | { readonly kind: 'listed'; readonly sessions: readonly Name[] }
  | { readonly kind: 'refused'; readonly code: string }
  /** A 503, or the process was killed: it has happened, will happen, or never does. */
  | { readonly kind: 'unknown' }

/** One call as its client saw it. Times are milliseconds of one monotonic clock. */
export interface Call {
  readonly id: number
  readonly client: string
  /** The process that was asked. */
  readonly process: string
  readonly request: Request
  readonly answer: Answer
  readonly start: number
  readonly end: number
}

/** A call as the search takes it. */
export interface CheckedCall extends Call {
  /** It may also not have happened at all. Shrinking sets it; a call with an unknown answer has it by nature. */
  readonly isOptional: boolean
  /** Of a refresh with an unknown answer, its two halves: the token is judged in time, the rotation may come later. */
  readonly half?: 'judged' | 'rotated'
}

export type History = readonly Call[]

/** What the app that answered promises, as far as answers depend on it. */
export interface Rules {
  /** `reuseGrace` in milliseconds. */
  readonly grace: number
  /** `sessions.check.maxStaleness` in milliseconds, 0 with `'always'`. */
  readonly maxStaleness: number
  /** Somebody set the clock of the server, which decides over the grace, so nobody knows how long that was. */
  readonly isServerClockSet?: boolean | undefined
}

/** In milliseconds: clocks are read in whole milliseconds, and timers may fire one too early. */
export const SLACK = 5

export function sessionOf({ id, request }: Pick<Call, 'id' | 'request'>): Name | undefined {
  if (request.kind === 'login') return `s${id}`
  return 'session' in request ? request.session : undefined
}
