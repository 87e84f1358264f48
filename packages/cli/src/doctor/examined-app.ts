import type { INestApplicationContext } from '@nestjs/common'
import type { RouteAudit, SettingsDescription } from '@nest-jwt-auth/core'
import type { NestCore } from '../app/load-app.js'

/** The app that doctor looks at, opened. */
export interface ExaminedApp {
  readonly app: INestApplicationContext
  /** The app's own copy. */
  readonly nest: NestCore
  readonly settings: SettingsDescription
  readonly routes: RouteAudit
  /** A function of the app made it, with everything that `main.ts` sets; otherwise it was made from its root module. */
  readonly isWholeApp: boolean
}
