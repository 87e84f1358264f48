import type { RotationRules } from './key-plan.js'
import type { KeyWrap } from './key-wrap.js'
import type { RotatingKeyRing } from './rotating-key-ring.js'

/** The option `keyRotation`, checked and converted. */
export interface RotationSettings {
  readonly ring: RotatingKeyRing
  readonly rules: RotationRules
  readonly wrap: KeyWrap
}
