export { JwtAuthModule } from './setup/jwt-auth.module.js'
export type {
  AccessTokenOptions,
  AuditOptions,
  CookieOptions,
  CsrfOptions,
  EndpointsOptions,
  JwtAuthExtras,
  JwtAuthOptions,
  JwtAuthOptionsFactory,
  KeyRotationOptions,
  ProviderBody,
  ProviderSource,
  RefreshTokenOptions,
  VerifiedTokenCacheOptions,
  SessionsOptions,
  TokenCookieOptions,
  WrapKey,
} from './setup/jwt-auth-options.js'
export type { Algorithm } from './keys/algorithms.js'
export { KeyStore, type KeyDocument, type ReplaceKeysInput } from './keys/rotation/key-store.js'
export { InMemoryKeyStore } from './keys/rotation/in-memory.key-store.js'
export { KeyService, type RotateOptions } from './issue/key.service.js'
export type { KeyInfo } from './keys/rotation/key-snapshot.js'
export type { ForeignClaims, IssuerOptions } from './issuers/issuer-options.js'
export type { JwtKey, KeyMaterial, OutsideSigner, OutsideSignerContext } from './keys/jwt-key.js'
export type { LegacyClaims, LegacyTokenContext, LegacyTokensOptions } from './issuers/legacy-options.js'
export type { Duration } from './time/duration.js'
export type { TokenLocation } from './nest/transports/token-location.js'
export type { StandardSchema } from './token/standard-schema.js'

export {
  type RevokeAllOptions,
  type RevokeSessionOptions,
  TokenService,
  type VerifyOptions,
} from './issue/token.service.js'
export { TokenPair } from './issue/token-pair.js'
export type {
  ExchangeOptions,
  IssueOptions,
  OneTimeTokenOptions,
  RefreshOptions,
  SessionOptions,
} from './issue/issue-options.js'
export type { UnverifiedToken, VerifiedToken } from './token/token-verifier.js'
export type { TokenOrigin } from './token/token-source.js'
export type { JoseHeader } from './token/compact-jws.js'
export type { TokenKind } from './token/token-kind.js'

export { ClaimsLoader, type ClaimsLoaderContext, type LoadedClaims } from './issue/claims-loader.js'
export { IdentityLoader, type IdentityLoaderContext } from './request/identity/identity-loader.js'

export { Authenticator, type LoginCredentials } from './nest/endpoints/authenticator.js'
export type {
  EndpointDecorators,
  EndpointName,
  EndpointRoutes,
  LoginRoute,
} from './nest/endpoints/endpoint-routes.js'

export { SessionStore } from './sessions/store/session-store.js'
export type {
  KeepGenerationInput,
  ConsumeInput,
  EndAllInput,
  EndInput,
  ExchangedToken,
  ListInput,
  LookUpInput,
  LookUpResult,
  LookUpTokensInput,
  LookUpTokensResult,
  OpenInput,
  PruneInput,
  RotateInput,
  RotateResult,
  TokenInput,
} from './sessions/store/session-store.js'
export type { StoreReport } from './store-report.js'
export { InMemorySessionStore } from './sessions/store/in-memory.session-store.js'
export type { AuthSession, RefreshRecord, SessionRecord } from './sessions/session.js'
export { firstGeneration } from './sessions/generation.js'
export { type EndCode, type OpenConnection, OpenConnections } from './sessions/open-connections.js'
export { type JwtAuthEvent, JwtAuthEvents, type JwtAuthEventType } from './events/jwt-auth-events.js'

export { JwtGuard } from './nest/guard/jwt.guard.js'
export { OptionalAuth, Public, TokenLocations, UseRefreshToken } from './nest/decorators/access.decorators.js'
export {
  RequireClaims,
  RequireFresh,
  RequireScopes,
  type WantedClaims,
} from './nest/decorators/policy.decorators.js'
export type { ClaimPredicate } from './request/policy/require-claims.policy.js'
export { TokenResponse } from './nest/decorators/token-response.decorator.js'
export { Claims, CurrentIdentity, CurrentToken } from './nest/decorators/parameter.decorators.js'
export { CloseAtExpiry } from './nest/decorators/close-at-expiry.decorator.js'
export { routeAudit, type RouteAudit } from './nest/audit/route-audit.js'
export type { AuditedRoute } from './nest/audit/list-routes.js'
export {
  type CookieDescription,
  type CookiesDescription,
  type CsrfDescription,
  describeSettings,
  type IssuerDescription,
  type SettingsDescription,
} from './setup/describe-settings.js'
export { AuthCookies } from './nest/cookies/auth-cookies.js'
export type { CookiePair } from './cookies/pair-cookies.js'
export { JwtAuthContext } from './nest/context/jwt-auth.context.js'
export { JwtAuthErrorFilter } from './nest/filter/jwt-auth-error.filter.js'
export { JwtAuthContextInterceptor } from './nest/context/jwt-auth-context.interceptor.js'

export type { CustomClaims, Identity, JwtClaims, Register, RegisteredClaims } from './register.js'

export { JwtAuthError, type JwtAuthErrorBody, type JwtAuthErrorDetails } from './errors/jwt-auth.error.js'
export type { AuthErrorCode } from './errors/refusals.js'
export {
  AuthErrorPresenter,
  DefaultAuthErrorPresenter,
  type PresentedAuthError,
} from './errors/auth-error-presenter.js'
export { type ConfigProblem, JwtAuthConfigError } from './errors/config.error.js'
export { JwtAuthUsageError, ReservedClaimError, type UsageErrorCode } from './errors/usage.error.js'

export { Clock, SystemClock } from './time/clock.js'
