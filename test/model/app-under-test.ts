import { type SessionStore, JwtAuthModule, TokenService, JwtAuthError } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { SECRET } from '../support/forge.js'
import { startModule } from '../support/adapters.js'
import { type Call, lifetimes } from './machine.js'

/** Two processes of one app: each has a `TokenService` and a store of its own on the same records. */
export interface App {
  readonly clock: FakeClock
  readonly processes: readonly TokenService[]
}

export async function startProcesses(stores: readonly SessionStore[], grace: number): Promise<App> {
  const clock = new FakeClock(Math.ceil(Date.now() / 1000) * 1000)
  const start = async (store: SessionStore) => {
    const root = JwtAuthModule.forRoot({
      secret: SECRET,
      accessToken: { expiresIn: lifetimes.access },
      refreshToken: {
        expiresIn: lifetimes.refresh,
        sessionExpiresIn: lifetimes.session,
        reuseGrace: grace,
      },
      // The slowest machine is no fault of the store's.
      sessions: { timeout: '1m' },
      sessionStore: { useValue: store },
    })
    return (await startModule({ imports: [root] }, { clock })).get(TokenService)
  }
  return { clock, processes: await Promise.all(stores.map(start)) }
}

/** What a subject has received: token texts by the numbers that the machine gives them. */
export class Wallet {
  readonly access = new Map<number, string>()
  readonly sessions: { readonly id: string; readonly tokens: string[] }[] = []

  constructor(readonly subject: string) {}

  /** Calls the app, and says what came of it in the machine's words. */
  async call(tokens: TokenService, call: Call): Promise<() => string> {
    try {
      return await this.send(tokens, call)
    } catch (error) {
      if (!(error instanceof JwtAuthError)) throw error
      return () => error.errorCode
    }
  }

  /** The function is called when all calls have their answer, in a fixed order: so numbers do not depend on time. */
  private async send(tokens: TokenService, call: Call): Promise<() => string> {
    switch (call.do) {
      case 'login': {
        const {
          sessionId = '',
          refresh_token: token = '',
          access_token: access,
        } = await tokens.issue(this.subject)
        return () => {
          this.sessions[call.session] = { id: sessionId, tokens: [token] }
          this.access.set(call.by, access)
          return 'token 0'
        }
      }
      case 'refresh': {
        const { refresh_token: token = '', access_token: access } = await tokens.refresh(this.tokenOf(call))
        return () => {
          this.access.set(call.by, access)
          return `token ${this.numberOf(tokens, call.session, token)}`
        }
      }
      case 'present':
        await tokens.verify(this.tokenOf(call), { kind: 'refresh' })
        return ok
      case 'issue': {
        const access = await tokens.issueAccessToken(this.subject)
        return () => {
          this.access.set(call.by, access)
          return 'ok'
        }
      }
      case 'check':
        await tokens.verify(this.access.get(call.access) ?? '')
        return ok
      case 'revoke':
        await tokens.revoke(this.access.get(call.access) ?? '')
        return ok
      case 'logout':
        await tokens.revoke(this.tokenOf(call))
        return ok
      case 'end':
        await tokens.revokeSession(this.sessions[call.session]?.id ?? '')
        return ok
      case 'endAll': {
        const except = call.except === undefined ? undefined : this.sessions[call.except]?.id
        await tokens.revokeAll(this.subject, { except })
        return ok
      }
      case 'list': {
        const ids = (await tokens.sessions(this.subject)).map(({ id }) => id)
        return () => {
          const numbers = ids.map((id) => this.sessions.findIndex((session) => session.id === id))
          return numbers.toSorted((a, b) => a - b).join(' ')
        }
      }
      case 'wait':
        throw new Error('Time passes for all processes, not by a call.')
    }
  }

  private tokenOf({ session, token }: { readonly session: number; readonly token: number }): string {
    return this.sessions[session]?.tokens[token] ?? ''
  }

  /** Tokens are the same if their `jti` is: claims such as `iat` may be signed again. */
  private numberOf(tokens: TokenService, session: number, token: string): number {
    const known = this.sessions[session]?.tokens ?? []
    const jtiOf = (text: string) => tokens.decodeUnverified(text).claims['jti']
    const at = known.findIndex((one) => jtiOf(one) === jtiOf(token))
    return at === -1 ? known.push(token) - 1 : at
  }
}

const ok = () => 'ok'
