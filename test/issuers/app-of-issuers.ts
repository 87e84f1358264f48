import { Controller, Get, UseGuards } from '@nestjs/common'
import {
  Claims,
  type IssuerOptions,
  JwtAuthModule,
  type JwtAuthOptions,
  type JwtClaims,
  JwtGuard,
  RequireScopes,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { type Adapter, adapters, type RunningApp, startApp } from '../support/adapters.js'
import { API } from './oidc-issuer.js'

const express = adapters[0] as Adapter

@Controller()
@UseGuards(JwtGuard)
class ForeignController {
  @Get('claims')
  claims(@Claims() claims: JwtClaims): JwtClaims {
    return claims
  }

  @Get('write')
  @RequireScopes('write')
  write(): string {
    return 'written'
  }
}

export interface ForeignApp {
  readonly app: RunningApp
  readonly clock: FakeClock
  /** The status of a request with the token, and the code of the refusal after it. */
  readonly ask: (token: string, path?: string) => Promise<string>
}

/** An app that accepts the access tokens of others. Its clock stands still from now on. */
export async function startForeignApp(
  issuers: readonly (Partial<IssuerOptions> & Pick<IssuerOptions, 'issuer'>)[],
  { adapter = express, ...options }: Partial<JwtAuthOptions> & { adapter?: Adapter } = {},
): Promise<ForeignApp> {
  const clock = new FakeClock()
  const complete = issuers.map((issuer) => ({ audience: API, algorithms: ['RS256'] as const, ...issuer }))
  const imports = [JwtAuthModule.forRoot({ issuers: complete, ...options })]
  const app = await startApp(adapter, { imports, controllers: [ForeignController] }, { clock })
  return {
    app,
    clock,
    ask: async (token, path = '/claims') => {
      const { status, body } = await app.get(path, token)
      const { errorCode } = (body ?? {}) as { errorCode?: string }
      return errorCode === undefined ? String(status) : `${status} ${errorCode}`
    },
  }
}
