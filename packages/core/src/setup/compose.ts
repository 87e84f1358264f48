import type { HttpAdapterHost } from '@nestjs/core'
import { DefaultAuthErrorPresenter } from '../errors/auth-error-presenter.js'
import { JwtAuthEvents } from '../events/jwt-auth-events.js'
import { reportLegacyUse } from '../issue/legacy-uses.js'
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
import { composeTokens, type TokenPorts } from './compose-tokens.js'
import type { Settings } from './settings.js'

/** What the object graph of one app is made from, beside its settings. */
export interface Ports extends TokenPorts {
  readonly adapterHost: HttpAdapterHost
  readonly routes: EndpointRoutes
  readonly requestContext: boolean
}

export type Composition = ReturnType<typeof compose>

/** Builds everything that runs after boot: the services of tokens, then the edge to Nest, each part from those above it. */
export function compose(settings: Settings, ports: Ports) {
  const { keys, cookies: cookieSettings, csrf, attachIdentityAs } = settings
  const { clock, app, adapterHost, routes } = ports
  const services = composeTokens(settings, ports)
  const { events, verifier, check, connections, revocation, oneTime, tokens, pairCookies } = services

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
    identityLoader: services.identityLoader,
    onPolicyError: logPolicyError,
  }
  const tickets = oneTime && new WsTickets(oneTime)
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

  const cookies = new AuthCookies(adapterHost, pairCookies, cookieSettings.inUse)
  const cookieMode = cookieSettings.inUse
    ? new CookieMode(cookies, settings, verifier, revocation, responder)
    : undefined
  const endpoints = new AuthEndpoints({
    tokens,
    revocation,
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
    startKeys: services.startKeys,
    stopWatching: services.stopWatching,
    events: new JwtAuthEvents(events.events$),
    tokens,
    keyService: services.keyService,
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
