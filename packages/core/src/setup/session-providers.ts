import type { Provider } from '@nestjs/common'
import { PairCookies } from '../cookies/pair-cookies.js'
import { JwtAuthEvents } from '../events/jwt-auth-events.js'
import { OneTimeTokens } from '../issue/one-time-tokens.js'
import { Revocation } from '../issue/revocation.js'
import { SessionTokens } from '../issue/session-tokens.js'
import { TokenIssuer } from '../issue/token-issuer.js'
import type { SessionParts } from '../issue/token.service.js'
import { NO_SESSIONS, type SessionCheck } from '../sessions/live-token.js'
import { TokenVerifier } from '../token/token-verifier.js'
import { keepUntil } from '../sessions/lifetimes.js'
import { LookupMemory } from '../sessions/store/lookup-memory.js'
import type { SessionStore } from '../sessions/store/session-store.js'
import { StoreCalls } from '../sessions/store/store-calls.js'
import { StoredSessionCheck } from '../sessions/check-session.js'
import { WatchedSessionStore } from '../sessions/store/watched.session-store.js'
import { Clock } from '../time/clock.js'
import { AppProviders } from './app-providers.js'
import { type Settings, SETTINGS } from './settings.js'

/** Under these tokens stand what decides over live tokens, and what opens and ends sessions, if anything does. */
export const SESSION_CHECK = Symbol('nest-jwt-auth:session-check')
export const SESSION_PARTS = Symbol('nest-jwt-auth:session-parts')

/** All that remembers. With `refreshToken: false` none of it is used. */
export const sessionProviders: Provider[] = [
  {
    provide: JwtAuthEvents,
    useFactory: (clock: Clock) => new JwtAuthEvents(clock),
    inject: [Clock],
  },
  {
    provide: LookupMemory,
    useFactory: ({ maxStaleness }: Settings) =>
      maxStaleness === undefined ? undefined : new LookupMemory(maxStaleness),
    inject: [SETTINGS],
  },
  {
    provide: StoreCalls,
    useFactory: (
      app: AppProviders,
      clock: Clock,
      { storeTimeout }: Settings,
      memory: LookupMemory | undefined,
    ) => {
      let watched: SessionStore | undefined
      const store = () =>
        memory === undefined
          ? app.sessionStore()
          : (watched ??= new WatchedSessionStore(app.sessionStore(), memory))
      return new StoreCalls(store, clock, storeTimeout)
    },
    inject: [AppProviders, Clock, SETTINGS, LookupMemory],
  },
  {
    provide: SESSION_CHECK,
    useFactory: (
      store: StoreCalls,
      { sessions }: Settings,
      clock: Clock,
      memory: LookupMemory | undefined,
    ): SessionCheck =>
      sessions === undefined ? NO_SESSIONS : new StoredSessionCheck(store, sessions, clock, memory),
    inject: [StoreCalls, SETTINGS, Clock, LookupMemory],
  },
  {
    provide: TokenIssuer,
    useFactory: ({ keys, issue, sessions }: Settings, clock: Clock, app: AppProviders, store: StoreCalls) =>
      new TokenIssuer(
        keys,
        issue,
        clock,
        () => app.claimsLoader(),
        sessions &&
          ((subject, exp) => store.ask((asked, now) => asked.admit(subject, keepUntil(exp, sessions), now))),
      ),
    inject: [SETTINGS, Clock, AppProviders, StoreCalls],
  },
  {
    provide: SESSION_PARTS,
    useFactory: (
      { sessions: rules, cookies: { inUse } }: Settings,
      issuer: TokenIssuer,
      verifier: TokenVerifier,
      store: StoreCalls,
      clock: Clock,
      events: JwtAuthEvents,
      app: AppProviders,
      cookies: PairCookies,
    ): SessionParts | undefined =>
      rules && {
        tokens: new SessionTokens({
          issuer,
          verifier,
          store,
          rules,
          clock,
          events,
          identityLoader: () => app.identityLoader(),
          refuseUnsendable: (pair) => void (inUse && cookies.of(pair)),
        }),
        revocation: new Revocation(verifier, store, rules, clock, events),
        oneTime: new OneTimeTokens(issuer, verifier, store, rules, events),
      },
    inject: [
      SETTINGS,
      TokenIssuer,
      TokenVerifier,
      StoreCalls,
      Clock,
      JwtAuthEvents,
      AppProviders,
      PairCookies,
    ],
  },
]
