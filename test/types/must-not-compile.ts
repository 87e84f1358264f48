import {
  Claims,
  ClaimsLoader,
  CurrentIdentity,
  IdentityLoader,
  JwtAuthModule,
  RequireClaims,
  type JwtAuthError,
  type JwtClaims,
  type TokenService,
} from '@nest-jwt-auth/core'
import type { User } from './register.js'

// Each expectation below is an error of the compiler; one that is not needed is an error itself.
declare const claims: JwtClaims
declare const tokens: TokenService
declare const error: JwtAuthError
declare const user: User

// @ts-expect-error: is_admin is a boolean
export const wrongType: Date = claims.is_admin

// @ts-expect-error: no such plan
export const wrongPlan = claims.plan === 'gold'

export class Handlers {
  // @ts-expect-error: no such claim
  oneClaim(@Claims('is_admn') admin: boolean) {
    return admin
  }

  // @ts-expect-error: no such property of the identity
  oneProperty(@CurrentIdentity('nmae') name: string) {
    return name
  }

  // @ts-expect-error: no such claim
  @RequireClaims({ is_admn: true })
  policyOnNothing() {}

  // @ts-expect-error: a text is no boolean
  @RequireClaims({ is_admin: 'true' })
  policyOfWrongType() {}

  // @ts-expect-error: no such plan
  @RequireClaims({ plan: 'gold' })
  policyOnWrongValue() {}

  // @ts-expect-error: no such plan among these
  @RequireClaims({ plan: ['pro', 'gold'] })
  policyOnWrongValues() {}

  // @ts-expect-error: the predicate takes the claim
  @RequireClaims({ is_admin: (admin: string) => admin === 'yes' })
  predicateOfWrongType() {}

  // @ts-expect-error: the message is a text
  @RequireClaims({ is_admin: true }, { message: 403 })
  messageOfWrongType() {}
}

export class WrongClaims implements ClaimsLoader {
  // @ts-expect-error: a text is no boolean
  loadClaims() {
    return { is_admin: 'yes' }
  }
}

export class TextClaims implements ClaimsLoader {
  // @ts-expect-error: claims are an object
  loadClaims() {
    return 'admin'
  }
}

export class WrongIdentity implements IdentityLoader {
  // @ts-expect-error: this is no user
  loadIdentity() {
    return { id: 'one' }
  }
}

// @ts-expect-error: the identity is a user
export const issuedToNobody = tokens.issue({ nickname: 'ada' })

// @ts-expect-error: the identity is a user
export const issuedToText = tokens.issueAccessToken('ada')

// @ts-expect-error: a text is no boolean
export const issuedWithWrongClaim = tokens.issue(user, { claims: { is_admin: 'no' } })

// @ts-expect-error: a duration is a number or a text
export const issuedForWrongTime = tokens.issue(user, { expiresIn: true })

// @ts-expect-error: no such option
export const issuedWithUnknownOption = tokens.issue(user, { lifetime: '5m' })

// @ts-expect-error: no such kind of token
export const verifiedWrongKind = tokens.verify('token', { kind: 'id' })

// @ts-expect-error: no such code
export const wrongCode = error.errorCode === 'token_expird'

// @ts-expect-error: no such option
export const wrongOption = JwtAuthModule.forRoot({ secrett: 'x' })

// @ts-expect-error: there are settings, or false
export const wrongRefresh = JwtAuthModule.forRoot({ secret: 'x', refreshToken: true })

// @ts-expect-error: no such location
export const wrongLocation = JwtAuthModule.forRoot({ secret: 'x', locations: ['headers'] })

// @ts-expect-error: the loader is a class or a provider body
export const wrongLoader = JwtAuthModule.forRoot({ secret: 'x', claimsLoader: 'AdminClaims' })
