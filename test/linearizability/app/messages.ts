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

/** The settings of an app. A process that gets new ones makes a new app. Times are milliseconds. */
export interface AppSettings {
  readonly store: 'redis' | 'postgres'
  readonly grace: number
  /** 0: `'always'`. */
  readonly maxStaleness: number
  /** Whether the store tells its processes of changes. */
  readonly isWatched: boolean
  readonly timeout: number
  /** A mistake that is made on purpose. */
  readonly planted?: Planted | undefined
}

export type Planted =
  /** `end` answers a second before it ends anything. */
  | 'early answer'
  /** A refresh token is replaced whether or not it is the current one. */
  | 'no comparison'
  /** Every fourth session is not stored. */
  | 'lost login'
  /** Answers of the store are remembered for 5 seconds, whatever `maxStaleness` says. */
  | 'old answers'

/** To a process. Its reply has the same `id`. */
export type ToProcess = { readonly id: number } & (
  | { readonly kind: 'start'; readonly settings: AppSettings; readonly url: string }
  | { readonly kind: 'ask'; readonly question: Question }
  /** Sets the process's clock so many milliseconds ahead of the machine's. */
  | { readonly kind: 'clock'; readonly ahead: number }
)

export interface FromProcess {
  readonly id: number
  readonly reply: Reply
  /** Something else than a refusal went wrong. */
  readonly failure?: string | undefined
}
