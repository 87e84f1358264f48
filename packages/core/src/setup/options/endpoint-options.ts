import {
  ENDPOINT_DEFAULTS,
  type EndpointDecorators,
  type LoginRoute,
} from '../../nest/endpoints/endpoint-routes.js'
import type { EndpointsOptions } from '../jwt-auth-options.js'
import { either, flag, functionLike, listOf, stringLike, valueThat } from './checks.js'
import { group, optional, type TableOf, withDefault } from './option.js'
import { providerSource } from './provider-source.js'

const path = (example: string) =>
  valueThat(
    (value): value is string => typeof value === 'string',
    'a string',
    `Set it to a path such as ${example}`,
  )

const memberName = stringLike('the name of a member of the request body', 'Write a non-empty string')

const LOGIN = {
  path: withDefault(path("'login', or to '' for the path of all routes"), ENDPOINT_DEFAULTS.login.path),
  username: withDefault(memberName, ENDPOINT_DEFAULTS.login.username),
  password: withDefault(memberName, ENDPOINT_DEFAULTS.login.password),
} satisfies TableOf<LoginRoute>

const decorators = listOf(
  functionLike<MethodDecorator>('Call the decorator: write its name with parentheses'),
  {
    example: '[Throttle({ default: { limit: 5, ttl: 60_000 } })]',
    canBeEmpty: true,
  },
)

const DECORATORS = {
  login: optional(decorators),
  refresh: optional(decorators),
  logout: optional(decorators),
  logoutAll: optional(decorators),
  sessions: optional(decorators),
  endSession: optional(decorators),
} satisfies TableOf<EndpointDecorators>

export const ENDPOINTS = {
  path: withDefault(path("'auth'"), ENDPOINT_DEFAULTS.path),
  authenticator: optional(providerSource),
  login: withDefault(
    either((value) => typeof value === 'boolean', flag, group(LOGIN)),
    false,
  ),
  refresh: withDefault(flag, false),
  logout: withDefault(flag, false),
  logoutAll: withDefault(flag, false),
  sessions: withDefault(flag, false),
  jwks: withDefault(flag, false),
  decorators: withDefault(group(DECORATORS), {}),
} satisfies TableOf<EndpointsOptions>
