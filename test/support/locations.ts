import { All, Controller, UseGuards } from '@nestjs/common'
import { Claims, JwtAuthModule, JwtGuard, OptionalAuth } from '@nest-jwt-auth/core'
import { startApp, type Adapter, type RunningApp, type StartOptions } from './adapters.js'
import { SECRET } from './forge.js'
import type { Request } from './http.js'
import { refused } from './refusals.js'

export type Locations = NonNullable<Parameters<typeof JwtAuthModule.forRoot>[0]['locations']>

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @All()
  me(@Claims('sub') sub: string) {
    return { sub }
  }

  @All('optional')
  @OptionalAuth()
  optional(@Claims('sub') sub: string | undefined) {
    return { sub: sub ?? 'nobody' }
  }
}

/** An app whose `/me` says whose token it found. */
export function startLocating(
  adapter: Adapter,
  locations?: Locations,
  options?: StartOptions,
): Promise<RunningApp> {
  const auth = JwtAuthModule.forRoot({ secret: SECRET, locations })
  return startApp(adapter, { imports: [auth], controllers: [MeController] }, options)
}

export const issue = (app: RunningApp) => app.tokens.issueAccessToken('ida')

export const withHeader = (name: string, ...values: string[]): Request => ({
  path: '/me',
  headers: values.map((value) => [name, value]),
})

export const posted = (body: unknown): Request => ({ method: 'POST', path: '/me', body })

export const found = { body: { sub: 'ida' } }
export const missing = refused(401, 'token_missing')
export const malformed = refused(401, 'token_malformed')
