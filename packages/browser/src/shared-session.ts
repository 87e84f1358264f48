import type { RefreshTokenStorage, TokenResponse } from './auth-fetch.js'
import { page } from './page.js'

/** What all tabs know of the session. The latest one holds. */
export interface State {
  /** Milliseconds since the epoch; 0: nothing is known yet. */
  readonly at: number
  readonly access?: string | undefined
  /** Where the app has no storage of its own. */
  readonly refresh?: string | undefined
  readonly ended?: boolean
}

interface Message {
  /** What do you know? */
  readonly isQuestion?: boolean
  readonly state?: State
  /** It ended just now. */
  readonly ends?: boolean
}

/** In milliseconds: another tab answers at once, if there is one. */
const PATIENCE = 100

export class SharedSession {
  state: State = { at: 0 }
  private channel
  private heard: (() => void) | undefined
  /** Nobody answered the last question, and nobody has said anything since. */
  private alone = false

  constructor(
    name: string,
    private readonly storage: RefreshTokenStorage | undefined,
    private readonly onEnd: () => void,
  ) {
    this.channel = page.BroadcastChannel && new page.BroadcastChannel(name)
    this.channel?.addEventListener('message', ({ data }) => this.hear(data as Message))
  }

  refreshToken(): ReturnType<RefreshTokenStorage['get']> {
    return this.storage ? this.storage.get() : this.state.refresh
  }

  /** New tokens, for all tabs. */
  async keep({ access_token: access, refresh_token }: TokenResponse): Promise<void> {
    if (refresh_token) await this.storage?.set(refresh_token)
    this.change({ access, refresh: this.storage ? undefined : (refresh_token ?? this.state.refresh) })
  }

  /** No tokens any more, in no tab. */
  async end(): Promise<void> {
    await this.storage?.set(undefined)
    this.change({ ended: true })
  }

  /** Asks the other tabs, if there are any, and waits until one of them knows something later; but not for long. */
  async hearLater(than: number): Promise<void> {
    if (!this.channel || this.alone || this.state.at > than) return
    this.alone = true
    await new Promise<void>((resolve) => {
      this.heard = resolve
      // A page that was busy for longer still hears what came in time.
      setTimeout(() => setTimeout(resolve), PATIENCE)
      this.post({ isQuestion: true })
    })
  }

  close(): void {
    this.channel?.close()
    this.channel = undefined
  }

  private change(next: Omit<State, 'at'>): void {
    this.state = { ...next, at: Math.max(Date.now(), this.state.at + 1) }
    this.heard?.()
    this.post({ state: this.state, ends: next.ended === true })
  }

  private post(message: Message): void {
    this.channel?.postMessage(message)
  }

  private hear({ isQuestion, state, ends }: Message): void {
    this.alone = false
    if (isQuestion) this.post({ state: this.state })
    if (!state || state.at <= this.state.at) return
    this.state = state
    this.heard?.()
    if (ends) this.onEnd()
  }
}
