export { createAuthFetch } from './create-auth-fetch.js'
export type {
  AuthFetch,
  AuthFetchOptions,
  RefreshTokenStorage,
  SessionListener,
  TokenResponse,
} from './auth-fetch.js'
