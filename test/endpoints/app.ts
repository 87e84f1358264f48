import { Controller, Get, Injectable, UseGuards, type ModuleMetadata } from '@nestjs/common'
import {
  Authenticator,
  Claims,
  InMemorySessionStore,
  JwtAuthModule,
  JwtGuard,
  type LoginCredentials,
  type JwtAuthExtras,
  type JwtAuthOptions,
} from '@nest-jwt-auth/core'
import { startApp, type Adapter, type RunningApp, type StartOptions } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import type { Answer } from '../support/http.js'

export interface Tokens {
  access_token: string
  refresh_token: string
  expires_in: number
}

export const ada = { username: 'ada', password: 'first-engine' }
export const ben = { username: 'ben', password: 'second-engine' }

@Injectable()
export class Doorman extends Authenticator<string> {
  authenticate({ username, password }: LoginCredentials): string | null {
    return [ada, ben].some((user) => user.username === username && user.password === password)
      ? username
      : null
  }
}

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me(@Claims('sub') sub: string) {
    return { sub }
  }
}

export const everyRoute = { login: true, refresh: true, logout: true, logoutAll: true, sessions: true }

export type Settings = Partial<JwtAuthOptions & JwtAuthExtras>

/** A module with every ready-made route, and `GET /me` that wants an access token. */
export function authApp(settings: Settings = {}): ModuleMetadata {
  const auth = JwtAuthModule.forRoot({
    secret: SECRET,
    sessionStore: InMemorySessionStore,
    endpoints: { authenticator: Doorman, ...everyRoute },
    ...settings,
  })
  return { imports: [auth], providers: [Doorman], controllers: [MeController] }
}

export class AuthClient {
  constructor(readonly app: RunningApp) {}

  async logIn(credentials: object = ada, path = '/auth/login'): Promise<Tokens> {
    return (await this.app.post(path, credentials)).body as Tokens
  }

  refresh(refreshToken: unknown): Promise<Answer> {
    return this.app.post('/auth/refresh', { refresh_token: refreshToken })
  }

  logOut(token?: string, body?: unknown): Promise<Answer> {
    return this.app.post('/auth/logout', body, token)
  }

  me(token: string): Promise<Answer> {
    return this.app.get('/me', token)
  }

  async sessions(token: string): Promise<Record<string, unknown>[]> {
    return (await this.app.get('/auth/sessions', token)).body as Record<string, unknown>[]
  }
}

export async function startAuth(
  adapter: Adapter,
  settings: Settings = {},
  options: StartOptions = {},
): Promise<AuthClient> {
  return new AuthClient(await startApp(adapter, authApp(settings), options))
}
