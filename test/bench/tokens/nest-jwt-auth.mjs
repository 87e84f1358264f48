import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { NestFactory } from '@nestjs/core'

export const name = 'nest-jwt-auth'

export async function prepare({ algorithm, signingKey, issuer, audience }) {
  const material = algorithm === 'HS256' ? { secret: signingKey.export() } : { privateKey: signingKey }
  const service = async (verifiedTokenCache) => {
    const keys = [{ algorithm, kid: 'bench', ...material }]
    const module = JwtAuthModule.forRoot({ keys, issuer, audience, refreshToken: false, verifiedTokenCache })
    const app = await NestFactory.createApplicationContext(module, { logger: false })
    return app.get(TokenService)
  }
  const [plain, caching] = [await service(false), await service(undefined)]
  const claims = { is_admin: false }
  return {
    verify: (token) => plain.verify(token),
    verifyRepeated: (token) => caching.verify(token),
    issue: () => plain.issueAccessToken('3b241101-e2bb-4255-8caf-4136c566a962', { claims }),
  }
}
