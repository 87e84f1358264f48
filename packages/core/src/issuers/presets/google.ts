import type { IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, type Names, PresetArguments } from './preset-arguments.js'

/** What `google` must know. */
export interface GoogleArguments {
  /** All client ids of your app: web, Android and iOS. One must be `aud`, and `azp`, where there is one. */
  readonly clients: Names
  /** Google Workspace or Cloud organization domains: one must be `hd`. If left out, all Google accounts are accepted. */
  readonly hostedDomain?: Names
}

/**
 * ID tokens of Sign in with Google. Its access tokens are opaque, so no server but Google's can verify them. `iss` is spelled
 * with and without `https://`. A service account can get a token with any `aud`, but its `azp` is not one of `clients`, so
 * it is refused. Throws a `JwtAuthConfigError` if an argument is wrong.
 *
 * @see https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 * @see https://cloud.google.com/docs/authentication/token-types
 */
export function google(options: GoogleArguments): IssuerOptions {
  const args = new PresetArguments('google', options, ['clients', 'hostedDomain'])
  const clients = args.names('clients', '1234567890-abc.apps.googleusercontent.com')
  const domains: readonly unknown[] | undefined = args.optionalNames('hostedDomain', 'example.com')
  args.finish()
  const parties: readonly unknown[] = clients
  return frozenIssuer({
    issuer: ['https://accounts.google.com', 'accounts.google.com'],
    jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
    audience: clients,
    algorithms: ['RS256'],
    tokenTypes: ['JWT'],
    accept: ({ azp, hd }) =>
      (azp === undefined || parties.includes(azp)) && (domains === undefined || domains.includes(hd)),
  })
}
