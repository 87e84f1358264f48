import { Inject, UnauthorizedException } from '@nestjs/common'
import { JwtModule, JwtService } from '@nestjs/jwt'
import { itemsController } from './items.controller.mjs'

/** The guard of the Nest documentation, with its key as text. */
export const name = '@nestjs/jwt, the recipe'

class AuthGuard {
  constructor(jwtService) {
    this.jwtService = jwtService
  }

  async canActivate(context) {
    const request = context.switchToHttp().getRequest()
    const [type, token] = request.headers.authorization?.split(' ') ?? []
    if (type !== 'Bearer') throw new UnauthorizedException()
    try {
      request.user = await this.jwtService.verifyAsync(token)
    } catch {
      throw new UnauthorizedException()
    }
    return true
  }
}
Inject(JwtService)(AuthGuard, undefined, 0)

export function prepare({ algorithm, secret, publicKey, issuer, audience }, key = { secret, publicKey }) {
  const verifyOptions = { algorithms: [algorithm], issuer, audience }
  const material = algorithm === 'HS256' ? { secret: key.secret } : { publicKey: key.publicKey }
  return {
    imports: [JwtModule.register({ global: true, ...material, verifyOptions })],
    controllers: [itemsController(AuthGuard)],
  }
}
