import type { ForeignClaims, IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, type Names, PresetArguments } from './preset-arguments.js'

/** What `supabase` must know. */
export interface SupabaseArguments {
  /** The URL of the project, such as `https://abcdefghijkl.supabase.co`; http is allowed for loopback only. */
  readonly url: string | undefined
  /**
   * Accepts users who signed in anonymously.
   *
   * @default false
   */
  readonly anonymous?: boolean
  /** Ids of OAuth clients whose tokens are accepted beside those of your own app, which name no client. */
  readonly clients?: Names
}

/**
 * Access tokens of Supabase Auth under asymmetric signing keys: `aud` and `role` are `authenticated`. The legacy secret
 * (HS256) is not accepted, since whoever can verify with it can also sign. The `anon` and `service_role` keys are refused.
 * Throws a `JwtAuthConfigError` if an argument is wrong.
 *
 * @see https://supabase.com/docs/guides/auth/jwt-fields
 * @see https://supabase.com/docs/guides/auth/signing-keys
 * @see https://supabase.com/docs/guides/auth/oauth-server/token-security
 */
export function supabase(options: SupabaseArguments): IssuerOptions {
  const args = new PresetArguments('supabase', options, ['url', 'anonymous', 'clients'])
  const url = args.url('url', 'https://abcdefghijkl.supabase.co')
  const anonymous = args.flag('anonymous')
  const clients = args.optionalNames('clients', '9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d') ?? []
  args.finish()
  return frozenIssuer({
    issuer: `${url}/auth/v1`,
    jwksUrl: `${url}/auth/v1/.well-known/jwks.json`,
    audience: 'authenticated',
    algorithms: ['ES256', 'RS256'],
    tokenTypes: ['JWT'],
    accept: (claims) => isSignedInUser(claims, anonymous) && isOfClient(claims, clients),
  })
}

function isSignedInUser({ role, is_anonymous }: ForeignClaims, anonymous: boolean): boolean {
  return role === 'authenticated' && (anonymous || is_anonymous !== true)
}

function isOfClient({ client_id }: ForeignClaims, clients: readonly unknown[]): boolean {
  return client_id === undefined || clients.includes(client_id)
}
