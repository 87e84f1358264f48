import { Logger } from '@nestjs/common'
import { PairCookies } from '../cookies/pair-cookies.js'
import { AuthEventEmitter } from '../events/auth-event-emitter.js'
import { KeyService } from '../issue/key.service.js'
import { LegacyExchange } from '../issue/legacy-exchange.js'
import { OneTimeTokens } from '../issue/one-time-tokens.js'
import { Revocation } from '../issue/revocation.js'
import { SessionOpener } from '../issue/session-opener.js'
import { SessionRefresher } from '../issue/session-refresher.js'
import { TokenIssuer } from '../issue/token-issuer.js'
import type { TokenPair } from '../issue/token-pair.js'
import { TokenService } from '../issue/token.service.js'
import { LegacyTokens } from '../issuers/legacy-tokens.js'
import { KeyRotation } from '../keys/rotation/key-rotation.js'
import { KeyVault } from '../keys/rotation/key-vault.js'
import { keepUntil } from '../sessions/lifetimes.js'
import { OpenConnections } from '../sessions/open-connections.js'
import { NO_SESSIONS, StoredSessionCheck } from '../sessions/session-check.js'
import { StoreClient } from '../sessions/store/store-client.js'
import type { Clock } from '../time/clock.js'
import { OwnTokens } from '../token/own-tokens.js'
import { TokenSources } from '../token/token-sources.js'
import { TokenVerifier } from '../token/token-verifier.js'
import type { AppProviders } from './app-providers.js'
import { composeIssuers } from './compose-issuers.js'
import type { Settings } from './settings.js'
import { startKeys } from './start-keys.js'

/** What the tokens of one app are made with, beside its settings. */
export interface TokenPorts {
  readonly clock: Clock
  /** The app's own loaders, stores and presenter. Each is looked up when it is used: the app is built after us. */
  readonly app: AppProviders
}

/** Builds what issues, verifies, refreshes and ends tokens and sessions, each part from those above it. Knows no request. */
export function composeTokens(settings: Settings, { clock, app }: TokenPorts) {
  const { keys, issue, claims, cookies: cookieSettings, sessions: rules } = settings
  const claimsLoader = () => app.claimsLoader()
  const identityLoader = () => app.identityLoader()

  const events = new AuthEventEmitter(clock, new Logger('JwtAuth'))
  const issuers = composeIssuers(settings.foreign, clock)
  const sources = new TokenSources(new OwnTokens(keys, claims), {
    legacy: settings.legacy && new LegacyTokens(settings.legacy, claims, logAcceptError),
    foreign: issuers.sources,
    ownIssuers: claims.issuers ?? [],
  })
  const verifier = new TokenVerifier(sources, clock, settings.rememberedTokens)
  const pairCookies = new PairCookies(cookieSettings, settings.csrfMacs, clock)

  const store = new StoreClient(() => app.sessionStore(), clock, {
    timeout: settings.storeTimeout,
    maxStaleness: settings.maxStaleness,
    onWatchFailure: logWatchFailure,
  })
  const stored = rules && new StoredSessionCheck(store, rules, clock, events)
  const check = stored ?? NO_SESSIONS
  const connections = new OpenConnections({
    clock,
    clockTolerance: claims.clockTolerance * 1000,
    sessions: stored,
    hasKeyOf: (token) => verifier.hasKeyOf(token),
    onChange: (listener) => store.onChange(listener),
    onFailure: logConnectionFailure,
  })
  const { rotation: rotating } = settings
  const rotation =
    rotating &&
    new KeyRotation({
      vault: new KeyVault(() => app.keyStore(), rotating.wrap),
      rules: rotating.rules,
      clock,
      log: new Logger('JwtAuth'),
      onRotated: () => events.emit('key.rotated', {}),
      onKeysRemoved: () => connections.endWithoutKey(),
    })
  if (rotation !== undefined) rotating?.ring.follow(rotation)
  const issuer = new TokenIssuer({
    keys,
    rules: issue,
    scheme: settings.challenge.scheme,
    clock,
    claimsLoader,
    keepGeneration:
      rules &&
      ((subject, exp, operation) =>
        store.keepGeneration({ subject, keepUntil: keepUntil(exp, rules) }, operation)),
  })
  const refuseUnsendable = (pair: TokenPair) => void (cookieSettings.inUse && pairCookies.of(pair))
  const shared = { issuer, verifier, store, clock, events, identityLoader, refuseUnsendable }
  const opener = rules && new SessionOpener({ ...shared, rules })
  const sessions = rules &&
    stored &&
    opener && {
      opener,
      exchange: new LegacyExchange({ ...shared, rules, check: stored, opener }),
      refresher: new SessionRefresher({ ...shared, rules, check: stored }),
      revocation: new Revocation(verifier, store, rules, clock, events),
      oneTime: new OneTimeTokens(issuer, verifier, store, rules, events),
    }
  const tokens = new TokenService({
    keys,
    issuer,
    verifier,
    check,
    sessions,
    events,
    clock,
    subject: settings.subject,
    claimsLoader,
    identityLoader,
    refuseUnsendable,
  })

  return {
    events,
    identityLoader,
    verifier,
    pairCookies,
    check,
    connections,
    revocation: sessions?.revocation,
    oneTime: sessions?.oneTime,
    tokens,
    keyService: new KeyService(rotation),
    startKeys: () => startKeys(rotation),
    stopWatching: () => {
      rotation?.stop()
      connections.stopChecking()
      store.stopWatching()
      issuers.close()
    },
  }
}

function logAcceptError(error: unknown): void {
  const stack = error instanceof Error ? error.stack : ''
  new Logger('JwtAuth').error('legacyTokens.accept threw an error, so the token is refused.', stack)
}

function logWatchFailure(error: unknown): void {
  const stack = error instanceof Error ? error.stack : ''
  new Logger('JwtAuth').error(
    'watch of the session store, or the function that ends it, threw an error: what other processes change may be noticed later.',
    stack,
  )
}

function logConnectionFailure(error: unknown): void {
  const stack = error instanceof Error ? error.stack : ''
  new Logger('JwtAuth').error(
    'An open connection could not be checked, or one whose token is no longer valid could not be closed.',
    stack,
  )
}
