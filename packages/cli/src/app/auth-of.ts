import type { SettingsDescription, TokenService } from '@nest-jwt-auth/core'
import { CommandError } from '../command.js'
import type { OpenApp } from './open-app.js'

/** What the module of an app that is `started` or `built` offers. */
export interface Auth {
  readonly tokens: TokenService
  readonly settings: SettingsDescription
}

/** Throws a `CommandError` if the app does not import `JwtAuthModule`. */
export function authOf({ app, core }: OpenApp): Auth {
  return { settings: settingsOf(app, core), tokens: app.get(core.TokenService, { strict: false }) }
}

function settingsOf(app: OpenApp['app'], core: OpenApp['core']): SettingsDescription {
  try {
    return core.describeSettings(app)
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(error.message)
    throw error
  }
}
