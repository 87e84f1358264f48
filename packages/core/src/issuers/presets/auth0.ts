import type { IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, type Names, PresetArguments } from './preset-arguments.js'

/** What `auth0` must know. */
export interface Auth0Arguments {
  /** The domain of the tenant or its custom domain, such as `example.eu.auth0.com`: the one that clients sign in at. */
  readonly domain: string | undefined
  /** The identifier of the API in Auth0, such as `https://api.example.com`. One of them must be in `aud`. */
  readonly audience: Names
  /**
   * Lets `@RequireScopes` read `permissions` beside `scope`: for APIs with RBAC and "Add Permissions in the Access Token".
   * All permissions of the user count then, whatever the client has asked for.
   *
   * @default false
   */
  readonly permissions?: boolean
}

/**
 * Access tokens of Auth0: `typ` is `JWT`, or `at+jwt` in the RFC 9068 profile; `iss` ends with a slash; `aud` lists the API,
 * so an ID token, whose `aud` is a client, is refused. Throws a `JwtAuthConfigError` if an argument is wrong.
 *
 * @see https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
 */
export function auth0(options: Auth0Arguments): IssuerOptions {
  const args = new PresetArguments('auth0', options, ['domain', 'audience', 'permissions'])
  const domain = args.host('domain', 'example.eu.auth0.com')
  const audience = args.names('audience', 'https://api.example.com')
  const permissions = args.flag('permissions')
  if (audience.some((one) => isUserInfo(one, domain))) {
    args.refuse(
      'audience',
      'Every token with the scope openid has this audience, whatever API it is for',
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
    scopeClaims: permissions ? ['scope', 'permissions'] : ['scope'],
  })
}

/** With a custom domain, the audience still names the tenant's own. */
function isUserInfo(audience: string, domain: string): boolean {
  return audience === `https://${domain}/userinfo` || /^https:\/\/[^/]+\.auth0\.com\/userinfo$/.test(audience)
}
