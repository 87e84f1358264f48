export { createAuthFetch } from './create-auth-fetch.js'
export type { AuthFetch, AuthFetchOptions, RefreshTokenStorage, TokenResponse } from './auth-fetch.js'
