import { Controller, Get, Injectable, Module, type ArgumentsHost } from '@nestjs/common'
import * as v from 'valibot'
import { z } from 'zod'
import {
  AuthErrorPresenter,
  ClaimsLoader,
  IdentityLoader,
  JwtAuthModule,
  JwtAuthUsageError,
  OptionalAuth,
  RequireClaims,
  RequireFresh,
  RequireScopes,
  TokenLocations,
  UseRefreshToken,
  type AuthErrorCode,
  type ClaimsLoaderContext,
  type IssueOptions,
  type JwtAuthError,
  type JwtAuthOptions,
  type JwtAuthOptionsFactory,
  type JwtClaims,
  type LoadedClaims,
  type PresentedAuthError,
  type StandardSchema,
} from '@nest-jwt-auth/core'
import type { User } from './register.js'

const schemas: StandardSchema[] = [
  z.object({ is_admin: z.boolean() }),
  z.looseObject({ plan: z.string().refine((plan) => Promise.resolve(plan !== '')) }),
  z.object({ since: z.string().transform((since) => new Date(since)) }),
  v.object({ is_admin: v.boolean() }),
  v.objectAsync({
    plan: v.pipeAsync(
      v.string(),
      v.checkAsync((plan) => Promise.resolve(plan !== '')),
    ),
  }),
]

@Injectable()
export class Settings implements JwtAuthOptionsFactory {
  createJwtAuthOptions(): JwtAuthOptions {
    return {
      keys: [{ algorithm: 'HS256', secret: process.env['JWT_SECRET'] ?? '' }],
      accessToken: { expiresIn: 'never', notBefore: 0, allowNever: true },
      requiredClaims: ['plan', 'nbf'],
      claimsSchema: schemas[0],
      claimsMode: 'replace',
      legacyTokens: {
        secret: process.env['FORMER_SECRET'],
        algorithm: 'HS256',
        until: '2030-01-31',
        accept: async ({ type }, { purpose, token }) =>
          Promise.resolve(type === 'access' || (purpose === 'exchange' && token !== '')),
      },
      locations: [
        'header',
        'query',
        'body',
        { header: 'x-token' },
        { header: 'authorization', scheme: 'JWT' },
        { header: 'x-token', scheme: null },
        { query: 'jwt' },
        { body: 'token' },
        (context) => context.switchToHttp().getRequest<{ token?: string }>().token,
      ],
      subject: (user) => user.name,
    }
  }
}

@Injectable()
export class WholePayload implements ClaimsLoader, IdentityLoader {
  loadClaims(user: User, { kind, claims }: ClaimsLoaderContext): LoadedClaims {
    if (kind === 'refresh') return undefined
    return { sub: user.name, exp: Number(claims['exp']), aud: ['shop'], is_admin: user.role === 'admin' }
  }

  loadIdentity({ sub }: JwtClaims) {
    return Promise.resolve(sub === 'gone' ? undefined : { id: 1, name: sub, role: 'member' as const })
  }
}

@Injectable()
export class DetailPresenter implements AuthErrorPresenter {
  async present(error: JwtAuthError, context: ArgumentsHost): Promise<PresentedAuthError> {
    const { url } = context.switchToHttp().getRequest<{ url: string }>()
    return Promise.resolve({ status: error.getStatus(), body: { detail: error.message, url } })
  }
}

@Controller()
@TokenLocations('query', { header: 'x-ticket', scheme: 'Ticket' })
@RequireScopes('items')
export class PoliciesController {
  @Get('one')
  @RequireScopes('items:read', 'items:delete')
  @RequireFresh('10m')
  @RequireFresh(600)
  one() {}

  @Get('two')
  @OptionalAuth()
  @RequireClaims({
    plan: (plan) => plan.startsWith('p'),
    level: async (level) => Promise.resolve(level === 3),
  })
  @RequireClaims({ roles: (roles, claims) => roles.includes('editor') && claims.is_admin })
  two() {}

  @Get('three')
  @UseRefreshToken()
  @TokenLocations('body')
  @RequireClaims({ aud: ['shop', 'office'], nbf: (nbf) => nbf > 0 })
  three() {}
}

export const perCall: IssueOptions[] = [
  { claims: { plan: 'pro', aud: ['shop'], nbf: 1 }, header: { shard: 'eu' }, expiresIn: 'never' },
  {
    expiresIn: 0,
    notBefore: '5s',
    audience: 'shop',
    authTime: new Date(),
    session: { metadata: { os: 'X' } },
  },
]

export function statusOf(code: AuthErrorCode): number {
  return code === 'insufficient_scope' || code === 'insufficient_claims' ? 403 : 401
}

export const isOurMistake = (error: unknown) =>
  error instanceof JwtAuthUsageError && error.code === 'claims_loader_invalid'

@Module({
  imports: [
    JwtAuthModule.forRootAsync({
      useClass: Settings,
      claimsLoader: WholePayload,
      identityLoader: WholePayload,
    }),
  ],
  providers: [WholePayload, { provide: AuthErrorPresenter, useClass: DetailPresenter }],
  controllers: [PoliciesController],
})
export class AppModule {}

/** A KMS signs the digest; what it is given needs no types of its own. */
export const outsideKeys: JwtAuthOptions['keys'] = [
  { algorithm: 'RS256', publicKey: '', sign: async (_input, { digest, signal }) => sent(digest, signal) },
  { algorithm: 'EdDSA', publicKey: '', sign: (input) => Promise.resolve(input), kid: 'hsm' },
  { algorithm: 'ES256', publicKey: '', sign: undefined },
]

async function sent(digest: Uint8Array | undefined, { aborted }: AbortSignal): Promise<Uint8Array> {
  return Promise.resolve(digest === undefined || aborted ? new Uint8Array() : digest)
}
