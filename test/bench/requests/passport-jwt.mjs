import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import { itemsController } from './items.controller.mjs'

export const name = '@nestjs/passport, passport-jwt'
export const adapters = ['express']

export function prepare({ algorithm, secret, publicKey, issuer, audience }) {
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: algorithm === 'HS256' ? secret : publicKey,
        algorithms: [algorithm],
        issuer,
        audience,
      })
    }

    validate(payload) {
      return payload
    }
  }
  return {
    imports: [PassportModule],
    providers: [JwtStrategy],
    controllers: [itemsController(AuthGuard('jwt'))],
  }
}
