/** What a process is asked. Tokens and session ids are the real ones. */
export type Question =
  /** `call`: noted with the session, so that a list tells which login has opened it. */
  | { readonly kind: 'login'; readonly subject: string; readonly call: number }
  | { readonly kind: 'refresh' | 'present' | 'check' | 'revoke'; readonly token: string }
  /** `subject`: where the caller knows it. */
  | { readonly kind: 'end'; readonly sessionId: string; readonly subject?: string | undefined }
  | { readonly kind: 'revokeAll'; readonly subject: string; readonly except?: string | undefined }
  | { readonly kind: 'list' | 'issue'; readonly subject: string }

/** What it answers. */
export type Reply =
  | {
      readonly kind: 'tokens'
      readonly sessionId?: string | undefined
      readonly refresh?: string | undefined
      readonly access: string
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'ended'; readonly count: number }
  | { readonly kind: 'listed'; readonly sessions: readonly { readonly id: string; readonly call: number }[] }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'unknown' }

/** The settings of an app, in a process that can be told to take others. */
export interface AppSettings {
  readonly store: 'redis' | 'postgres'
  readonly url: string
  readonly prefix: string
  readonly secret: string
  /** Milliseconds. */
  readonly grace: number
  /** Milliseconds; 0: `'always'`. */
  readonly maxStaleness: number
  /** Whether the store tells its processes of changes. */
  readonly isWatched: boolean
  /** Milliseconds. */
  readonly timeout: number
  /** A mistake that is made on purpose. */
  readonly planted?: 'late-end' | 'no-compare' | 'forgetful-login' | undefined
}

/** To a process. The answer has the same `id`. */
export type ToProcess = { readonly id: number } & (
  | { readonly kind: 'start'; readonly settings: AppSettings }
  | { readonly kind: 'ask'; readonly question: Question }
  /** Sets the process's clock so many milliseconds ahead of the machine's. */
  | { readonly kind: 'clock'; readonly ahead: number }
)

export interface FromProcess {
  readonly id: number
  readonly reply: Reply
}
