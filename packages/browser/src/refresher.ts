import { refusesTokens, tokensIn } from './answers.js'
import type { Api } from './api.js'
import type { TokenResponse } from './auth-fetch.js'
import { inTurn } from './page.js'
import type { SharedSession, State } from './shared-session.js'
import { unlessAborted } from './unless-aborted.js'

/** `true`: there are other tokens; `false`: there is no session; a response: the refresh failed, and the session goes on. */
export type Renewal = boolean | Response

/** Gets new tokens, once for all calls of all tabs. */
export class Refresher {
  private underWay: Promise<Renewal> | undefined

  constructor(
    private readonly api: Api,
    private readonly session: SharedSession,
  ) {}

  /** Gets other tokens than those of `before`. A caller that aborts stops waiting; the refresh goes on for the others. */
  async renew(before: State, signal: AbortSignal): Promise<Renewal> {
    this.underWay ??= inTurn(this.api.refreshUrl, () => this.renewInTurn(before)).finally(
      () => (this.underWay = undefined),
    )
    const renewal = await unlessAborted(this.underWay, signal)
    return renewal instanceof Response ? renewal.clone() : renewal
  }

  private async renewInTurn(before: State): Promise<Renewal> {
    await this.session.hearLater(before.at)
    const { at, access, ended } = this.session.state
    const isOther = at > before.at && (!this.api.isBearer || access !== before.access)
    // A tab that slept hears late: an older state may have ended since.
    return isOther && at > Date.now() - 60_000 ? !ended : this.refresh()
  }

  private async refresh(): Promise<Renewal> {
    const { api, session } = this
    const before = session.state
    const token = api.isBearer ? await session.refreshToken() : undefined
    if (api.isBearer && !token) {
      if (before.access) await session.expire()
      else session.tellOfEnd()
      return false
    }
    const answer = await this.ask(token)
    // A login or logout that happened meanwhile wins.
    if (session.state !== before) return !session.state.ended
    if (answer instanceof Response) return answer
    await (answer ? session.keep(answer) : session.expire())
    return !!answer
  }

  /** Sends the refresh. `undefined`: the session is over; a response: this answer decides nothing. */
  private async ask(token: string | null | undefined): Promise<TokenResponse | Response | undefined> {
    const { api } = this
    const timeout = new AbortController()
    const expire = () => timeout.abort(new DOMException('Timed out.', 'TimeoutError'))
    // All tabs wait for it.
    const timer = setTimeout(expire, 15_000)
    try {
      const response = await api.send(api.refreshRequest(token, timeout.signal))
      if (response.status === 401 || (await refusesTokens(response, api.options))) return undefined
      if (!response.ok) return response
      return token ? tokensIn(await response.json(), api.options) : {}
    } finally {
      clearTimeout(timer)
    }
  }
}
