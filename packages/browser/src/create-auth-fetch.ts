import { refusesTokens, tokensIn } from './answers.js'
import { Api, type Init, type Input } from './api.js'
import type { AuthFetch, AuthFetchOptions, SessionListener } from './auth-fetch.js'
import { currentPage } from './page.js'
import { Refresher, type Renewal } from './refresher.js'
import { SharedSession } from './shared-session.js'
import { unlessAborted } from './unless-aborted.js'

/**
 * A `fetch` that stays signed in. Where the access token is refused, it refreshes once for all calls of all tabs, and
 * sends the call again. A refresh that fails for now (503, network) answers the call, or rejects it, and the session
 * goes on. One that is refused (401) ends the session, and the call gets its own 401. On a server nothing is shared.
 */
export function createAuthFetch(options: AuthFetchOptions): AuthFetch {
  let made: AuthClient | undefined
  const client = () => (made ??= new AuthClient(options))
  // On a server a relative URL is an error of the call: a module that creates a client must not fail there.
  if (currentPage()) client()
  return Object.assign(async (input: Input, init: Init) => client().fetch(input, init), {
    signedIn: async (answer?: unknown) => client().signedIn(answer),
    signedOut: async () => client().session.end(),
    subscribe: (listener: SessionListener) => client().session.subscribe(listener),
    close: () => made?.session.close(),
  })
}

class AuthClient {
  readonly session: SharedSession
  private readonly api: Api
  private readonly refresher: Refresher
  private readonly ready: Promise<void> | undefined

  constructor(options: AuthFetchOptions) {
    this.api = new Api(options)
    this.session = new SharedSession(this.api.refreshUrl, options)
    this.refresher = new Refresher(this.api, this.session)
    this.ready = this.api.isBearer ? this.session.hearLater(0) : undefined
  }

  async fetch(input: Input, init: Init): Promise<Response> {
    const { api, session } = this
    if (!api.has(input)) return api.fetch(input, init)
    const request = api.request(input, init)
    // It brings its own token, or a password.
    if (request.headers.has('authorization') || request.url.split(/[?#]/)[0] === api.loginUrl) {
      return api.send(request)
    }

    // In bearer mode, a first call waits for the tokens of the other tabs, or gets them by a refresh.
    await unlessAborted(this.ready, request.signal)
    let renewed: Renewal | undefined
    if (api.isBearer && !session.state.access && (await session.refreshToken())) {
      renewed = await this.refresher.renew(session.state, request.signal)
      if (renewed instanceof Response) return renewed
    }
    const { state } = session
    // No script knows which cookies were sent.
    const before = api.isBearer ? state : { at: Math.max(state.at, Date.now()) }
    const response = await api.send(request, state.access)
    // That the session has ended is told once for each call.
    if (renewed === false || !(await refusesTokens(response, api.options, state.access))) return response
    renewed = await this.refresher.renew(before, request.signal)
    if (renewed instanceof Response) return renewed
    // A stream cannot be sent again.
    if (!renewed || (init && 'duplex' in init)) return response
    return api.send(api.request(input, init), session.state.access)
  }

  async signedIn(answer: unknown): Promise<void> {
    await this.session.keep(this.api.isBearer ? tokensIn(answer, this.api.options) : {}, true)
  }
}
