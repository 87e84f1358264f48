import type { ReadLocation } from '../locate/locations.js'
import type { TokenKind } from '../../token/token-kind.js'
import type { Policy } from './policy.js'

/** What one route requires of a request. Computed once per route. */
export interface RouteRules<Context = unknown> {
  /** Whether refusals are also sent with `Cache-Control: no-store`. */
  readonly noStore: boolean
  /** `public`: no token is read. `optional`: a request without a token is anonymous. */
  readonly access: 'public' | 'optional' | 'required'
  readonly kind: TokenKind
  readonly locations: readonly ReadLocation<Context>[]
  readonly needsIdentity: boolean
  readonly policies: readonly Policy[]
}
