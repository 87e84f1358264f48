import type { AuthFetchOptions, RefreshTokenStorage, SessionListener, TokenResponse } from './auth-fetch.js'
import { openChannel } from './page.js'

/** What the tabs know about the session. The latest state is valid in all of them. */
export interface State {
  /** Milliseconds since the epoch; 0: nothing is known yet. */
  readonly at: number
  readonly access?: string | undefined
  /** Only where the app has no storage of its own. */
  readonly refresh?: string | undefined
  readonly ended?: boolean
}

interface Message {
  /** Left out: a question for the state of the other tabs. */
  readonly state?: State
  /** A session began or ended with this message. */
  readonly signedIn?: boolean | undefined
}

/** The tokens of one session, the same in all tabs. Where there are no tabs, those of this client alone. */
export class SharedSession {
  state: State = { at: 0 }
  private readonly listeners = new Set<SessionListener>()
  private channel
  private heard: (() => void) | undefined
  /** Nobody answered the last question, and nothing was received since. */
  private alone: boolean | undefined

  constructor(
    url: string,
    private readonly options: AuthFetchOptions,
  ) {
    this.channel = openChannel(url)
    this.channel?.addEventListener('message', ({ data }) => this.hear(data as Message))
  }

  refreshToken(): ReturnType<RefreshTokenStorage['get']> {
    const { storage } = this.options
    return storage ? storage.get() : this.state.refresh
  }

  async keep({ access_token: access, refresh_token }: TokenResponse, signedIn?: true): Promise<void> {
    const { storage } = this.options
    if (refresh_token) await storage?.set(refresh_token)
    this.change({ access, refresh: storage ? undefined : (refresh_token ?? this.state.refresh) }, signedIn)
  }

  async end(): Promise<void> {
    await this.options.storage?.set(undefined)
    this.change({ ended: true }, false)
  }

  /** Ends the session as the server wants it, and tells this page too. */
  async expire(): Promise<void> {
    await this.end()
    this.tellOfEnd()
  }

  /** Tells this page only. */
  tellOfEnd(): void {
    tell(() => this.options.onSessionEnd?.())
  }

  /** Asks the other tabs, and waits a short time for a later state than this. */
  async hearLater(than: number): Promise<void> {
    if (!this.channel || this.alone || this.state.at > than) return
    // True until somebody answers: then `hear` sets it back.
    this.alone = true
    await new Promise<void>((resolve) => {
      this.heard = resolve
      // For 100 ms. Twice, so that a page that was busy meanwhile receives what came in time.
      setTimeout(() => setTimeout(resolve), 100)
      this.channel?.postMessage({})
    })
  }

  subscribe(listener: SessionListener): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  close(): void {
    this.channel?.close()
    this.channel = undefined
  }

  private change(next: Omit<State, 'at'>, signedIn: boolean | undefined): void {
    const state = { ...next, at: Math.max(Date.now(), this.state.at + 1) }
    this.channel?.postMessage({ state, signedIn })
    this.enter(state, signedIn)
  }

  private enter(state: State, signedIn: boolean | undefined): void {
    this.state = state
    this.heard?.()
    if (signedIn !== undefined) this.listeners.forEach((listener) => tell(() => listener(signedIn)))
  }

  private hear({ state, signedIn }: Message): void {
    this.alone = false
    if (!state) this.channel?.postMessage({ state: this.state })
    else if (state.at > this.state.at) {
      this.enter(state, signedIn)
      if (signedIn === false) this.tellOfEnd()
    }
  }
}

/** What a broken component throws is logged, and keeps nobody else from the news. */
const tell = (listener: () => unknown) => void (async () => listener())().catch(console.error)
