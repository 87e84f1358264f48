import type { ReadLocation } from '../locate/locations.js'
import type { TokenKind } from '../../token/token-kind.js'
import type { Policy } from './policy.js'

/** All that one route demands, worked out once per route. */
export interface RouteRules<Context = unknown> {
  /** Refusals are not to be stored either. */
  readonly noStore: boolean
  /** `public`: no token is read. `optional`: absence is anonymous. */
  readonly access: 'public' | 'optional' | 'required'
  readonly kind: TokenKind
  readonly locations: readonly ReadLocation<Context>[]
  readonly needsIdentity: boolean
  readonly policies: readonly Policy[]
}
