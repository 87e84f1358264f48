import {
  AuthErrorPresenter,
  RequireClaims,
  RequireFresh,
  RequireScopes,
  TokenLocations,
  type IssueOptions,
  type JwtAuthOptions,
  type JwtClaims,
  type JwtKey,
  type OutsideSigner,
} from '@nest-jwt-auth/core'

// Each expectation below is an error of the compiler; one that is not needed is an error itself.
declare const claims: JwtClaims

// @ts-expect-error: claims are frozen
claims.is_admin = true

// @ts-expect-error: so are registered ones
claims.sub = 'root'

// @ts-expect-error: one mode or the other
export const wrongMode: JwtAuthOptions = { claimsMode: 'merge' }

// @ts-expect-error: a schema, not what it describes
export const wrongSchema: JwtAuthOptions = { claimsSchema: { plan: 'string' } }

// @ts-expect-error: true or false
export const wrongLeave: JwtAuthOptions = { accessToken: { allowNever: 'true' } }

// @ts-expect-error: a list of names
export const wrongRequired: JwtAuthOptions = { requiredClaims: 'plan' }

// @ts-expect-error: a former refresh token must not be accepted by mistake
export const anyLegacy: JwtAuthOptions['legacyTokens'] = { secret: '', algorithm: 'HS256', until: new Date() }

// @ts-expect-error: a text at once
export const wrongSubject: JwtAuthOptions = { subject: async (user) => Promise.resolve(user.name) }

// @ts-expect-error: a promise of bytes
export const textSigner: OutsideSigner = async () => Promise.resolve('text')

// @ts-expect-error: a secret signs here
export const secretOutside: JwtKey = { algorithm: 'HS256', secret: '', sign: textSigner }

// @ts-expect-error: a text at once, or none
export const lateLocation: JwtAuthOptions = { locations: [async () => Promise.resolve('token')] }

// @ts-expect-error: a place of its own for each
export const twoPlaces: JwtAuthOptions = { locations: [{ header: 'x-token', prefix: 'JWT' }] }

// @ts-expect-error: the library sets this claim
export const reserved: IssueOptions = { claims: { sub: 'root' } }

// @ts-expect-error: the library sets this claim
export const endless: IssueOptions = { claims: { exp: 9_999_999_999 } }

// @ts-expect-error: no such claim
export const misspelt: IssueOptions = { claims: { is_admn: true } }

export class Routes {
  // @ts-expect-error: at least one scope
  @RequireScopes()
  noScope() {}

  // @ts-expect-error: at least one location
  @TokenLocations()
  noLocation() {}

  // @ts-expect-error: no such location
  @TokenLocations('headers')
  wrongLocation() {}

  // @ts-expect-error: a duration
  @RequireFresh()
  noAge() {}

  // @ts-expect-error: a predicate answers true or false
  @RequireClaims({ level: (level) => level })
  wrongAnswer() {}

  // @ts-expect-error: so does a late one
  @RequireClaims({ level: async () => Promise.resolve('yes') })
  wrongLateAnswer() {}
}

export class SilentPresenter implements AuthErrorPresenter {
  // @ts-expect-error: a status and a body are needed
  present() {
    return { detail: 'no' }
  }
}
