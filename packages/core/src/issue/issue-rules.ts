import type { StandardSchema } from '../token/standard-schema.js'

/** What the module's options say of new tokens. Lifetimes are in seconds. */
export interface IssueRules {
  readonly issuer: string | undefined
  readonly audience: string | readonly string[] | undefined
  /** `undefined`: access tokens never expire. */
  readonly accessExpiresIn: number | undefined
  readonly accessNotBefore: number | undefined
  readonly allowNever: boolean
  /** `undefined`: no sessions and no refresh tokens. */
  readonly refreshExpiresIn: number | undefined
  readonly claimsMode: 'extend' | 'replace'
  readonly schema: StandardSchema | undefined
}
