import { Logger } from '@nestjs/common'
import type { HttpAdapterHost } from '@nestjs/core'
import { PairCookies } from '../cookies/pair-cookies.js'
import { DefaultAuthErrorPresenter } from '../errors/auth-error-presenter.js'
import { AuthEventEmitter } from '../events/auth-event-emitter.js'
import { JwtAuthEvents } from '../events/jwt-auth-events.js'
import { LegacyExchange } from '../issue/legacy-exchange.js'
import { reportLegacyUse } from '../issue/legacy-uses.js'
import { OneTimeTokens } from '../issue/one-time-tokens.js'
import { Revocation } from '../issue/revocation.js'
import { SessionOpener } from '../issue/session-opener.js'
import { SessionRefresher } from '../issue/session-refresher.js'
import { TokenIssuer } from '../issue/token-issuer.js'
import type { TokenPair } from '../issue/token-pair.js'
import { TokenService } from '../issue/token.service.js'
import { WsTickets } from '../issue/ws-tickets.js'
import { AuthCookies } from '../nest/cookies/auth-cookies.js'
import { makeCookiesOfRefusal } from '../nest/cookies/cookies-of-refusal.js'
import { RequestScope } from '../nest/context/request-scope.js'
import { AuthEndpoints } from '../nest/endpoints/auth-endpoints.js'
import { CookieMode } from '../nest/endpoints/cookie-mode.js'
import { type EndpointRoutes, loginRoute } from '../nest/endpoints/endpoint-routes.js'
import { JwksEndpoint } from '../nest/endpoints/jwks-endpoint.js'
import { describeRequest } from '../nest/filter/describe-request.js'
import { LoginFailures } from '../nest/filter/login-failures.js'
import { RefusalPresenter } from '../nest/filter/refusal-presenter.js'
import { RefusalReporter } from '../nest/filter/refusal-reporter.js'
import { RefusalResponder } from '../nest/filter/refusal-responder.js'
import { RequestAuthenticator } from '../nest/guard/request-authenticator.js'
import { RouteRulesReader } from '../nest/guard/route-rules-reader.js'
import { type GuardFor, logPolicyError, stepsAs } from '../nest/guard/stand-in.guard.js'
import { GraphqlConnections } from '../nest/transports/graphql-connections.js'
import { GraphqlRefusalForm } from '../nest/transports/graphql.refusal-form.js'
import { HandshakeChecker } from '../nest/sockets/handshake-checker.js'
import { JwtSockets } from '../nest/sockets/jwt-sockets.js'
import { MessageAuthenticator } from '../nest/sockets/message-authenticator.js'
import { HttpRefusalForm } from '../nest/transports/http.refusal-form.js'
import type { RefusalForms } from '../nest/transports/refusal-form.js'
import { WsRefusalForm } from '../nest/transports/ws.refusal-form.js'
import { WsCall } from '../nest/transports/ws.js'
import { RpcRefusalForm } from '../nest/transports/rpc.refusal-form.js'
import { admit, identify } from '../request/authenticate.js'
import { LegacyTokens } from '../issuers/legacy-tokens.js'
import { KeyRotation } from '../keys/rotation/key-rotation.js'
import { KeyService } from '../issue/key.service.js'
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

/** What the object graph of one app is made from, beside its settings. */
export interface Ports {
  readonly clock: Clock
  /** The app's own loaders, store and presenter. Each is looked up when it is used: the app is built after us. */
  readonly app: AppProviders
  readonly adapterHost: HttpAdapterHost
  readonly routes: EndpointRoutes
  readonly requestContext: boolean
}

export type Composition = ReturnType<typeof compose>

/** Builds everything that runs after boot, each part from those above it. */
export function compose(settings: Settings, ports: Ports) {
  const { keys, issue, claims, cookies: cookieSettings, csrf, sessions: rules, attachIdentityAs } = settings
  const { clock, app, adapterHost, routes } = ports
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
  const cookies = new AuthCookies(adapterHost, pairCookies, cookieSettings.inUse)

  const store = new StoreClient(() => app.sessionStore(), clock, {
    timeout: settings.storeTimeout,
    maxStaleness: settings.maxStaleness,
  })
  const stored = rules && new StoredSessionCheck(store, rules, clock, events)
  const check = stored ?? NO_SESSIONS
  const connections = new OpenConnections({
    clock,
    clockTolerance: claims.clockTolerance * 1000,
    sessions: stored,
    hasKeyOf: (token) => verifier.hasKeyOf(token),
    onChange: (listener) => store.onChange(listener),
    onFailure: logEndFailure,
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
      rules && ((subject, exp) => store.keepGeneration({ subject, keepUntil: keepUntil(exp, rules) })),
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

  const loginFailures = new LoginFailures(events)
  const usualPresenter = new DefaultAuthErrorPresenter(settings.challenge)
  const presenter = new RefusalPresenter(
    () => app.presenter(),
    usualPresenter,
    (error, host) => loginFailures.report(error, host),
  )
  const responder = new RefusalResponder(adapterHost, presenter)
  const refusals = new RefusalReporter(events)
  const cookiesOf = makeCookiesOfRefusal(pairCookies)
  const forms: RefusalForms = {
    http: new HttpRefusalForm(responder, adapterHost, cookiesOf),
    graphql: new GraphqlRefusalForm(presenter, adapterHost, cookiesOf),
    ws: new WsRefusalForm(),
    rpc: new RpcRefusalForm(),
  }
  const graphqlConnections = new GraphqlConnections(connections)
  const scope = new RequestScope(ports.requestContext)
  const guardServices = {
    verifier,
    csrf,
    clock,
    sessions: check,
    identityLoader,
    onPolicyError: logPolicyError,
  }
  const tickets = sessions && new WsTickets(sessions.oneTime)
  const handshakes = new HandshakeChecker({
    ...guardServices,
    locations: settings.locations,
    toReadLocation: settings.toReadLocation,
    tickets,
    usesCookies: cookieSettings.inUse,
  })
  const messages = new MessageAuthenticator(handshakes, guardServices)
  const sockets = new JwtSockets({
    handshakes,
    verifier,
    sessions: check,
    tickets,
    presenter: usualPresenter,
    refusals,
    connections,
    events,
  })
  const authenticator = new RequestAuthenticator(
    {
      rules: new RouteRulesReader(
        settings.locations,
        settings.toReadLocation,
        attachIdentityAs !== undefined,
      ),
      onRefused: async (error, call, rules) => {
        refusals.report(error, call.context)
        return (await forms[call.transport]?.toThrow(error, call, rules)) ?? error
      },
      attachIdentityAs,
    },
    {
      identify: async (call, rules) => {
        const caller = await (call instanceof WsCall
          ? messages.identify(call, rules)
          : identify(call, rules, guardServices))
        if (caller !== undefined) reportLegacyUse(events, caller.live, () => describeRequest(call.context))
        return caller
      },
      admit: async (caller, rules, call) => {
        const reasonForNoToken = call instanceof WsCall ? 'the connection is anonymous' : undefined
        const authentication = await admit(caller, rules, guardServices, reasonForNoToken)
        if (caller !== undefined && authentication !== undefined) graphqlConnections.watch(call, caller.live)
        return authentication
      },
    },
  )
  const guardFor: GuardFor = (caller) => authenticator.with(stepsAs(caller, guardServices))

  const cookieMode = cookieSettings.inUse
    ? new CookieMode(cookies, settings, verifier, sessions?.revocation)
    : undefined
  const endpoints = new AuthEndpoints({
    tokens,
    revocation: sessions?.revocation,
    authenticator: () => app.authenticator(),
    login: loginRoute(routes),
    locations: settings.locations,
    body: settings.toReadLocation('body'),
    cookies: cookieMode,
    refusals,
    responder,
  })

  return {
    connections,
    startKeys: () => startKeys(rotation),
    stopWatching: () => {
      rotation?.stop()
      connections.stopChecking()
      store.stopWatching()
      issuers.close()
    },
    events: new JwtAuthEvents(events.events$),
    tokens,
    keyService: new KeyService(rotation, rotating?.rules),
    cookies,
    presenter,
    loginFailures,
    forms,
    scope,
    authenticator,
    guardFor,
    sockets,
    endpoints,
    jwks: routes.jwks === true ? new JwksEndpoint(keys) : undefined,
  }
}

function logAcceptError(error: unknown): void {
  const stack = error instanceof Error ? error.stack : ''
  new Logger('JwtAuth').error('legacyTokens.accept threw an error, so the token is refused.', stack)
}

function logEndFailure(error: unknown): void {
  const stack = error instanceof Error ? error.stack : ''
  new Logger('JwtAuth').error('A connection whose token is no longer valid could not be closed.', stack)
}
