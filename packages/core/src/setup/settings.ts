import type { ExecutionContext } from '@nestjs/common'
import type { ChallengeSettings } from '../errors/challenge.js'
import type { IssueRules } from '../issue/issue-rules.js'
import type { SubjectOf } from '../issue/subject.js'
import type { LegacyTokenRules } from '../issuers/legacy-tokens.js'
import type { KeyRing } from '../keys/key-ring.js'
import type { RotationSettings } from '../keys/rotation/rotation-settings.js'
import type { CsrfMacs } from '../cookies/csrf-token.js'
import type { CookieSettings } from '../cookies/cookie-settings.js'
import type { CsrfRules } from '../request/csrf/check-csrf.js'
import type { AuditSettings } from '../nest/audit/route-audit.js'
import type { TokenLocation } from '../nest/transports/token-location.js'
import type { ReadLocation } from '../request/locate/locations.js'
import type { ForeignSettings } from './foreign-settings.js'
import type { SessionRules } from '../sessions/lifetimes.js'
import type { ClaimRules } from '../token/check-claims.js'

/** The options, checked, converted and frozen. After boot, everything reads these. */
export interface Settings {
  readonly keys: KeyRing
  /** `undefined` without `keyRotation`. */
  readonly rotation: RotationSettings | undefined
  readonly issue: IssueRules
  readonly claims: ClaimRules
  /** Other issuers; empty without `issuers`. */
  readonly foreign: readonly ForeignSettings[]
  /** `undefined` without `legacyTokens`. */
  readonly legacy: LegacyTokenRules | undefined
  readonly locations: readonly ReadLocation<ExecutionContext>[]
  readonly toReadLocation: (location: TokenLocation) => ReadLocation<ExecutionContext>
  readonly cookies: CookieSettings
  readonly csrf: CsrfRules
  readonly csrfMacs: CsrfMacs
  readonly subject: SubjectOf
  /** `undefined` with `refreshToken: false`. */
  readonly sessions: SessionRules | undefined
  /** How long the session store may take, in milliseconds. */
  readonly storeTimeout: number
  /** How old the store's answer about an access token may be, in milliseconds; `undefined`: it is asked every time. */
  readonly maxStaleness: number | undefined
  readonly attachIdentityAs: string | undefined
  readonly challenge: ChallengeSettings
  /** How many verified access tokens are remembered; 0: none. */
  readonly rememberedTokens: number
  readonly audit: AuditSettings
}

export const SETTINGS = Symbol('nest-jwt-auth:settings')
