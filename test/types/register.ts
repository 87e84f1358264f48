/** What an app says once about its claims and its identity; every other file here lives under it. */
export interface AppClaims {
  is_admin: boolean
  plan: 'free' | 'pro'
  roles: string[]
  level?: number
}

export interface User {
  id: number
  name: string
  role: 'admin' | 'member'
}

declare module '@nest-jwt-auth/core' {
  interface Register {
    claims: AppClaims
    identity: User
  }
}
