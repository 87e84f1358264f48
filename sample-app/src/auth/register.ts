import type { User } from '../users/user.js'

/** What this app adds to every access token. */
export interface AppClaims {
  is_admin: boolean
}

// Said once: from here on @RequireClaims, @Claims('is_admin'), the loaders and TokenService know these types.
declare module '@nest-jwt-auth/core' {
  interface Register {
    claims: AppClaims
    identity: User
  }
}
