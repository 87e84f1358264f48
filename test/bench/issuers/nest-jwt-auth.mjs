import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { NestFactory } from '@nestjs/core'

export const name = 'nest-jwt-auth'

export async function prepare({ algorithm, issuer, audience, jwksUrl }) {
  const service = async (verifiedTokenCache) => {
    const issuers = [{ issuer, jwksUrl, audience, algorithms: [algorithm] }]
    const module = JwtAuthModule.forRoot({ issuers, verifiedTokenCache })
    const app = await NestFactory.createApplicationContext(module, { logger: false })
    return app.get(TokenService)
  }
  const [plain, caching] = [await service(false), await service(undefined)]
  return {
    verify: (token) => plain.verify(token),
    verifyRepeated: (token) => caching.verify(token),
  }
}
