import type { User } from './users.js'

declare module '@nest-jwt-auth/core' {
  interface Register {
    claims: { is_admin: boolean }
    identity: User
  }
}
