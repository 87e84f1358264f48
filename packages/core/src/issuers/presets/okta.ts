import type { IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, type Names, PresetArguments } from './preset-arguments.js'

/** What `okta` must know. */
export interface OktaArguments {
  /** The Okta domain or the custom domain that is the issuer's, such as `example.okta.com`. */
  readonly domain: string | undefined
  /** The audience of the authorization server, such as `api://default`. One of them must be in `aud`. */
  readonly audience: Names
  /**
   * The id of a custom authorization server. Tokens of the org authorization server are meant for Okta alone.
   *
   * @default 'default'
   */
  readonly authorizationServer?: string
  /** Client ids: one must be `cid`. If left out, all clients of the authorization server are accepted. */
  readonly clients?: Names
}

/**
 * Access tokens of a custom authorization server of Okta: without `typ`, scopes as a list in `scp`, the client in `cid`.
 * ID tokens have no `cid`, and are refused. `sub` is the user's login name, which can change; `uid` is the user's id.
 * Throws a `JwtAuthConfigError` if an argument is wrong.
 *
 * @see https://developer.okta.com/docs/guides/validate-access-tokens/
 * @see https://developer.okta.com/docs/api/openapi/okta-oauth/oauth/tag/CustomAS
 */
export function okta(options: OktaArguments): IssuerOptions {
  const names = ['domain', 'audience', 'authorizationServer', 'clients'] as const
  const args = new PresetArguments('okta', options, names)
  const domain = args.host('domain', 'example.okta.com')
  const audience = args.names('audience', 'api://default')
  const server = args.has('authorizationServer') ? args.string('authorizationServer', 'default') : 'default'
  const clients = args.optionalNames('clients', '0oa1b2c3d4e5F6G7h8i9')
  if (/-admin\.okta(?:-emea|preview)?\.com$/.test(domain)) {
    args.refuse('domain', 'The value is the domain of the Admin Console', 'Remove -admin from it')
  }
  if (server !== '' && !/^[\w-]+$/.test(server)) {
    const fix = "Write the last part of its issuer URI, such as 'default'"
    args.refuse('authorizationServer', 'The value is not the id of an authorization server', fix)
  }
  args.finish()
  const issuer = `https://${domain}/oauth2/${server}`
  return frozenIssuer({
    issuer,
    jwksUrl: `${issuer}/v1/keys`,
    audience,
    algorithms: ['RS256'],
    tokenTypes: [null, 'at+jwt'],
    accept: ({ cid }) => typeof cid === 'string' && (clients === undefined || clients.includes(cid)),
    scopeClaims: ['scp'],
  })
}
