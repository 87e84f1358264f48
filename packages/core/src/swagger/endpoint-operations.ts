import type { AuthErrorCode } from '../errors/refusals.js'
import { type EndpointName, loginRoute } from '../nest/endpoints/endpoint-routes.js'
import type { AppFacts } from './app-facts.js'
import { csrfParameter } from './complete-operation.js'
import * as schema from './endpoint-schemas.js'
import type { NamedParts } from './named-parts.js'
import type { Content, Operation, RequestBody, Response, Schema } from './open-api.js'
import { BAD_TOKEN, onlyPossible } from './operation-rules.js'

/** What a ready-made route takes and answers, and what it refuses beside what the guard does. */
export interface EndpointDescription {
  readonly operation: Operation
  readonly codes: readonly AuthErrorCode[]
}

/** The documentation of one ready-made route. `schemas`: gets those that it refers to. */
export function describeEndpoint(
  name: EndpointName,
  facts: AppFacts,
  schemas: NamedParts,
): EndpointDescription {
  return DESCRIBED[name](facts, (key, value) => ({ $ref: `#/components/schemas/${schemas.add(key, value)}` }))
}

type Refer = (name: string, value: Schema) => Schema
type Describe = (facts: AppFacts, refer: Refer) => EndpointDescription

const DESCRIBED: Readonly<Record<EndpointName, Describe>> = {
  login: (facts, refer) => ({
    operation: {
      summary: 'Log in',
      requestBody: jsonBody(schema.credentials(loginRoute(facts.endpoints)), { required: true }),
      responses: { 200: newTokens(facts, refer) },
    },
    codes: onlyPossible([
      ['request_invalid', true],
      ['credentials_invalid', true],
      ['csrf_failed', facts.cookies.inUse],
      ['store_unavailable', facts.hasSessions],
      ['keys_unavailable', facts.signerCanBeOut],
    ]),
  }),

  refresh: (facts, refer) => ({
    operation: {
      summary: 'Exchange the refresh token for new tokens',
      ...doubleSubmit(facts),
      requestBody: tokensBody(facts, ['refresh_token'], true),
      responses: { 200: newTokens(facts, refer) },
    },
    codes: [
      'token_missing',
      ...BAD_TOKEN,
      'token_revoked',
      'refresh_reused',
      ...onlyPossible([
        ['identity_unknown', facts.hasIdentityLoader],
        ['csrf_failed', facts.cookies.inUse],
        ['store_unavailable', true],
        ['keys_unavailable', facts.keysCanBeOut || facts.signerCanBeOut],
      ]),
    ],
  }),

  logout: (facts) => ({
    operation: {
      summary: 'End the session',
      description:
        'Takes either token, also one that has expired: in the body, in a cookie, or where an access token travels.',
      ...doubleSubmit(facts),
      requestBody: tokensBody(facts, ['refresh_token', 'access_token'], false),
      responses: { 204: { description: 'The session has ended, or had ended before.' } },
    },
    codes: onlyPossible([
      ['token_missing', !facts.cookies.inUse],
      ['token_malformed', true],
      ['token_signature_invalid', true],
      ['token_wrong_type', true],
      ['token_claims_invalid', true],
      ['csrf_failed', facts.cookies.inUse],
      ['store_unavailable', true],
      ['keys_unavailable', facts.keysCanBeOut],
    ]),
  }),

  logoutAll: () => ({
    operation: {
      summary: 'End all sessions of the caller',
      responses: { 204: { description: 'All sessions and tokens of the caller have ended.' } },
    },
    codes: [],
  }),

  sessions: (_, refer) => ({
    operation: {
      summary: 'List the sessions of the caller',
      responses: {
        200: {
          description: 'The sessions, the last used one first.',
          content: json({ type: 'array', items: refer('JwtAuthSession', schema.LISTED_SESSION) }),
        },
      },
    },
    codes: [],
  }),

  endSession: () => ({
    operation: {
      summary: 'End one session of the caller',
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      responses: {
        204: { description: 'The session has ended.' },
        404: { description: 'The caller has no such session.', content: json(schema.NOT_FOUND) },
      },
    },
    codes: [],
  }),
}

/** `GET /.well-known/jwks.json`, which is no handler of Nest's. */
export function describeKeySet(schemas: NamedParts): Operation {
  const name = schemas.add('JwtAuthKeySet', schema.KEY_SET)
  return {
    operationId: 'JwtAuthModule_jwks',
    summary: 'The public keys of this app',
    responses: {
      200: { description: 'The key set.', content: json({ $ref: `#/components/schemas/${name}` }) },
      304: {
        description: 'The key set has not changed since it was sent with the `ETag` of `If-None-Match`.',
      },
    },
  }
}

/** What `@TokenResponse()` says of a handler of the app: RFC 6749 section 5.1. */
export function describeTokenResponse({ cookies }: AppFacts, schemas: NamedParts): Operation {
  const name = schemas.add('JwtAuthTokenResponse', schema.tokenResponse(cookies.inUse))
  const content = json({ $ref: `#/components/schemas/${name}` })
  return { responses: { 200: { description: 'The tokens.', content } } }
}

function newTokens({ cookies, hasSessions }: AppFacts, refer: Refer): Response {
  if (!cookies.inUse) {
    const body = refer('JwtAuthTokenResponse', schema.tokenResponse(false))
    return { description: 'The tokens.', content: json(body) }
  }
  const { access, refresh } = cookies.tokens
  const names = [access, ...(hasSessions ? [refresh] : [])].map(({ current }) => `\`${current.name}\``)
  return {
    description: hasSessions
      ? `The tokens are in the cookies ${names.join(' and ')}.`
      : `The token is in the cookie ${names.join()}.`,
    headers: { 'Set-Cookie': { description: 'One header for each cookie.', schema: { type: 'string' } } },
    content: json(refer('JwtAuthTokenLifetimes', schema.TOKEN_LIFETIMES)),
  }
}

function doubleSubmit({ doubleSubmit: isOn }: AppFacts): Pick<Operation, 'parameters'> {
  return isOn ? { parameters: [csrfParameter('optional')] } : {}
}

/** In cookie mode the example is empty, so that a page that sends it leaves the choice to the cookies. */
function tokensBody({ cookies }: AppFacts, names: readonly string[], isNeeded: boolean): RequestBody {
  const [first = ''] = names
  const example = cookies.inUse ? {} : { [first]: 'the refresh token' }
  const required = isNeeded && !cookies.inUse
  return jsonBody(schema.tokensInBody(names, required ? names : []), { required, example })
}

function json(value: Schema): Content {
  return { 'application/json': { schema: value } }
}

function jsonBody(
  value: Schema,
  { required, example }: { readonly required: boolean; readonly example?: object },
): RequestBody {
  const media = { schema: value, ...(example !== undefined && { example }) }
  return { required, content: { 'application/json': media } }
}
