import type { IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, type Names, PresetArguments } from './preset-arguments.js'

/** What `auth0` must know. */
export interface Auth0Arguments {
  /** The domain of the tenant or its custom domain, such as `example.eu.auth0.com`: the one that clients sign in at. */
  readonly domain: string | undefined
  /** The identifier of the API in Auth0, such as `https://api.example.com`. One of them must be in `aud`. */
  readonly audience: Names
  /**
   * The `permissions` count as scopes too: for APIs with RBAC and "Add Permissions in the Access Token". All permissions of
   * the user count then, whatever the client has asked for.
   *
   * @default false
   */
  readonly permissions?: boolean
}

/**
 * Access tokens of Auth0: `typ` is `JWT`, or `at+jwt` in the RFC 9068 profile; `iss` ends with a slash; `aud` lists the API,
 * so an ID token, whose `aud` is a client, is refused; the client is in `azp` or `client_id`, which ID tokens lack. Throws a
 * `JwtAuthConfigError` if an argument is wrong.
 *
 * @see https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
 */
export function auth0(options: Auth0Arguments): IssuerOptions {
  const args = new PresetArguments('auth0', options, ['domain', 'audience', 'permissions'])
  const domain = args.host('domain', 'example.eu.auth0.com')
  const audience = args.names('audience', 'https://api.example.com')
  const permissions = args.flag('permissions')
  if (audience.some((one) => isOfAuth0(one, domain))) {
    args.refuse(
      'audience',
      'The value is an API of Auth0 itself, so tokens that were issued for other apps would be accepted',
      'Set audience to the identifier of your API in Auth0',
    )
  }
  args.finish()
  return frozenIssuer({
    issuer: `https://${domain}/`,
    jwksUrl: `https://${domain}/.well-known/jwks.json`,
    audience,
    algorithms: ['RS256'],
    tokenTypes: ['at+jwt', 'JWT'],
    accept: ({ client_id, azp }) => typeof (client_id ?? azp) === 'string',
    scopeClaims: permissions ? ['scope', 'permissions'] : ['scope'],
  })
}

/** The user info, which each token with the scope `openid` is for, or the Management API. With a custom domain, they still have the tenant's own. */
function isOfAuth0(audience: string, domain: string): boolean {
  const [, host = '', path] = /^https:\/\/([^/]+)\/(userinfo|api\/v2\/?)$/.exec(audience) ?? []
  return path !== undefined && (host === domain || host.endsWith('.auth0.com'))
}
