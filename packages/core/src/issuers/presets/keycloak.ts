import type { IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, type Names, PresetArguments } from './preset-arguments.js'

interface KeycloakRealm {
  /** The address of Keycloak as in `iss`, such as `https://id.example.com`; with its path, if it has one. */
  readonly url: string | undefined
  /** The name of the realm, as at the end of `iss`. */
  readonly realm: string | undefined
}

/** What `keycloak` must know: the realm, and whose tokens of the realm are accepted. Of `audience` and `clients`, both may be set. */
export type KeycloakArguments = KeycloakRealm &
  (
    | {
        /** One of these must be in `aud`, where an audience mapper of Keycloak puts the API. `account` alone is refused. */
        readonly audience: Names
        readonly clients?: Names
      }
    | {
        readonly audience?: Names
        /** Client ids: one must be `azp`, the client that the token was issued to. */
        readonly clients: Names
      }
  )

/**
 * Access tokens of a Keycloak realm: the claim `typ` is `Bearer`, which tells them from ID, refresh and offline tokens of
 * the same realm; the header's `typ` is `JWT`, or `at+jwt` where the client is set so. `aud` is often only `account`.
 * Roles are in `realm_access` and `resource_access`. Throws a `JwtAuthConfigError` if an argument is wrong.
 *
 * @see https://www.keycloak.org/docs/latest/server_admin/#audience-support
 * @see https://www.keycloak.org/securing-apps/oidc-layers
 */
export function keycloak(options: KeycloakArguments): IssuerOptions {
  const args = new PresetArguments('keycloak', options, ['url', 'realm', 'audience', 'clients'])
  const url = args.url('url', 'https://id.example.com', { canHavePath: true })
  const realm = args.string('realm', 'staff')
  const audience = args.optionalNames('audience', 'my-api')
  const clients = args.optionalNames('clients', 'my-web-app')
  if (/[/?#]/.test(realm)) {
    args.refuse('realm', 'The value is not the name of a realm', "Write the name only, such as 'staff'")
  }
  if (clients === undefined && audience === undefined) {
    const fix = 'Set audience to what an audience mapper puts in aud, or clients to the ids of your clients'
    args.refuse(
      'audience',
      'Without audience and clients, tokens of all clients of the realm are accepted',
      fix,
    )
  } else if (clients === undefined && audience?.includes('account') === true) {
    const fix =
      'Set clients, or add an audience mapper for your API in Keycloak and set audience to its value'
    args.refuse('audience', "Tokens of all clients of the realm have the audience 'account'", fix)
  }
  args.finish()
  const issuer = `${url}/realms/${encodeURIComponent(realm)}`
  return frozenIssuer({
    issuer,
    jwksUrl: `${issuer}/protocol/openid-connect/certs`,
    ...(audience === undefined ? {} : { audience }),
    ...(clients === undefined ? {} : { clients }),
    algorithms: ['RS256'],
    tokenTypes: ['JWT', 'at+jwt'],
    accept: ({ typ }) => typ === 'Bearer',
  })
}
