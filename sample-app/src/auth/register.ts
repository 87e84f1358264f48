import type { User } from '../users/user.js'

/** What this app adds to every access token. */
export interface AppClaims {
  is_admin: boolean
}

// Declared once: @RequireClaims, @Claims('is_admin'), the loaders and TokenService are typed by it.
declare module '@nest-jwt-auth/core' {
  interface Register {
    claims: AppClaims
    identity: User
  }
}
