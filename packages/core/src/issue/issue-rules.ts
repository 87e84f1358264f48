import type { StandardSchema } from '../token/standard-schema.js'

/** The module's options for new tokens. Lifetimes are in seconds. */
export interface IssueRules {
  readonly issuer: string | undefined
  readonly audience: string | readonly string[] | undefined
  /** `undefined`: access tokens never expire. */
  readonly accessExpiresIn: number | undefined
  readonly accessNotBefore: number | undefined
  readonly allowNever: boolean
  /** With `keyRotation`: the longest lifetimes of tokens, because their keys are removed after that. */
  readonly longest: { readonly access: number; readonly oneTime: number } | undefined
  /** `undefined`: no sessions and no refresh tokens. */
  readonly refreshExpiresIn: number | undefined
  readonly claimsMode: 'extend' | 'replace'
  /** Custom claims that every access token must have. */
  readonly requiredClaims: readonly string[]
  /** Of access tokens' custom claims. */
  readonly schema: StandardSchema | undefined
}
