import type { IssuerOptions } from '@nest-jwt-auth/core'
import {
  auth0,
  clerk,
  cognito,
  entra,
  firebase,
  google,
  keycloak,
  okta,
  supabase,
} from '@nest-jwt-auth/core/issuers'

declare const env: Record<string, string | undefined>

/** What the environment may lack compiles, and is refused when the app starts. */
export const fromEnvironment: IssuerOptions[] = [
  auth0({ domain: env['DOMAIN'], audience: env['AUDIENCE'], permissions: true }),
  okta({ domain: env['DOMAIN'], audience: [env['AUDIENCE']], clients: ['web'] }),
  keycloak({ url: env['URL'], realm: 'staff', clients: [env['WEB'], 'mobile'] }),
  keycloak({ url: env['URL'], realm: 'staff', audience: 'api' }),
  keycloak({ url: env['URL'], realm: 'staff', audience: 'api', clients: ['web'] }),
  cognito({ userPoolId: env['POOL'], clients: env['CLIENT'] }),
  entra({ tenants: env['TENANT'], audience: env['APP'] }),
  firebase({ projectId: env['PROJECT'] }),
  google({ clients: env['CLIENT'], hostedDomain: env['DOMAIN'] }),
  supabase({ url: env['SUPABASE_URL'], anonymous: true }),
  clerk({ frontendApiUrl: env['URL'], authorizedParties: [env['ORIGIN']] }),
  clerk({ frontendApiUrl: env['URL'], audience: 'api' }),
]

export const mistakes = [
  // @ts-expect-error: whose tokens
  auth0({ domain: 'example.eu.auth0.com' }),
  // @ts-expect-error: of which tenant
  auth0({ audience: 'api' }),
  // @ts-expect-error: no such argument
  auth0({ domain: 'example.eu.auth0.com', audience: 'api', scopes: true }),
  // @ts-expect-error: true or false
  auth0({ domain: 'example.eu.auth0.com', audience: 'api', permissions: 'true' }),
  // @ts-expect-error: whose tokens
  okta({ domain: 'example.okta.com' }),
  // @ts-expect-error: an audience, or clients
  keycloak({ url: 'https://id.example.com', realm: 'staff' }),
  // @ts-expect-error: of which realm
  keycloak({ url: 'https://id.example.com', clients: ['web'] }),
  // @ts-expect-error: its tokens have no audience
  cognito({ userPoolId: 'eu-west-1_AbCdEf123', audience: 'api' }),
  // @ts-expect-error: of which tenants
  entra({ audience: 'api' }),
  // @ts-expect-error: a string
  firebase({ projectId: 7 }),
  // @ts-expect-error: for which clients
  google({ hostedDomain: 'example.com' }),
  // @ts-expect-error: which project
  supabase({}),
  // @ts-expect-error: authorized parties, or an audience
  clerk({ frontendApiUrl: 'https://clerk.example.com' }),
  // @ts-expect-error: the arguments
  google(),
]

// @ts-expect-error: frozen
fromEnvironment[0].audience = 'another'
