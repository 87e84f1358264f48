import type { ForeignClaims, IssuerOptions } from '../issuer-options.js'
import { frozenIssuer, type Names, PresetArguments } from './preset-arguments.js'

/** What `entra` must know. */
export interface EntraArguments {
  /** The ids of the tenants whose users are accepted. `common` and its like are refused: anybody can have a tenant. */
  readonly tenants: Names
  /**
   * The application id of the API, which is `aud` in tokens of version 2.0, or its URI, such as `api://<id>`, which can be
   * `aud` in tokens of version 1.0.
   */
  readonly audience: Names
  /** Application ids of clients: one must be `azp`, or `appid` in version 1.0. If left out, all clients are accepted. */
  readonly clients?: Names
  /**
   * The `roles` count as scopes too, beside `scp`: where app roles are granted to apps without a user. The roles of a user
   * count then too, whatever the client may do.
   *
   * @default false
   */
  readonly appRoles?: boolean
}

const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/
/** Microsoft Graph by its application id, and other APIs such as `https://management.azure.com/`. */
const MICROSOFT =
  /^(?:0{7}3-0000-0000-c000-0{12}|https:\/\/(?:[\w-]+\.)+(?:microsoft|windows|azure)\.(?:com|net)(?:\/.*)?)$/
const EXAMPLE = '72f988bf-86f1-41af-91ab-2d7cd011db47'

/**
 * Access tokens of Microsoft Entra ID, versions 1.0 and 2.0: each version has its form of `iss`, `tid` must be the tenant
 * in it, and the client is in `azp` or `appid`, which ID tokens lack. A token without `scp` and `roles` is refused unless
 * `clients` is set: any app of the tenant can get one. With several tenants, the subject is `<iss of version 2.0>|<sub>`,
 * since `sub` is unique within a tenant only. Throws a `JwtAuthConfigError` if an argument is wrong.
 *
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-tokens
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/scenario-protected-web-api-verification-scope-app-roles
 */
export function entra(options: EntraArguments): IssuerOptions {
  const args = new PresetArguments('entra', options, ['tenants', 'audience', 'clients', 'appRoles'])
  const tenants = args.names('tenants', EXAMPLE)
  const audience = args.names('audience', 'api://6e74172b-be56-4843-9ff4-e66a39bb12e3')
  const clients = args.optionalNames('clients', '6e74172b-be56-4843-9ff4-e66a39bb12e3')
  const appRoles = args.flag('appRoles')
  for (const tenant of tenants) checkTenant(tenant, args)
  if (audience.some((one) => MICROSOFT.test(one))) {
    args.refuse(
      'audience',
      'The value is an API of Microsoft, so tokens that were issued for other apps would be accepted',
      'Set audience to the application id of your API, or to its Application ID URI',
    )
  }
  args.finish()
  const [tenant] = tenants
  const keysOf = tenants.length === 1 ? tenant : 'common'
  return frozenIssuer({
    issuer: tenants.flatMap((id) => [version2(id), version1(id)]),
    jwksUrl: `https://login.microsoftonline.com/${keysOf}/discovery/v2.0/keys`,
    audience,
    algorithms: ['RS256'],
    tokenTypes: ['JWT'],
    accept: (claims) => isOfItsTenant(claims) && isAccessToken(claims, clients),
    ...(tenants.length === 1 ? {} : { subject: subjectWithTenant }),
    scopeClaims: appRoles ? ['scp', 'roles'] : ['scp'],
  })
}

const version1 = (tenant: string) => `https://sts.windows.net/${tenant}/`
const version2 = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`

function checkTenant(tenant: string, args: PresetArguments<'tenants'>): void {
  if (tenant === '' || GUID.test(tenant)) return
  if (['common', 'organizations', 'consumers'].includes(tenant)) {
    args.refuse(
      'tenants',
      `'${tenant}' is not a single tenant, so users of other tenants would be accepted`,
      'List the ids of the tenants that you accept',
    )
    return
  }
  args.refuse(
    'tenants',
    'The value is not the id of a tenant in lower case',
    `Write an id such as '${EXAMPLE}'`,
  )
}

/** The issuer is one of those configured; here both claims must mean the same tenant. */
function isOfItsTenant({ iss, tid }: ForeignClaims): boolean {
  return typeof tid === 'string' && (iss === version1(tid) || iss === version2(tid))
}

function isAccessToken({ azp, appid, scp, roles }: ForeignClaims, clients?: readonly string[]): boolean {
  const client = azp ?? appid
  if (typeof client !== 'string') return false
  if (clients !== undefined) return clients.includes(client)
  return (typeof scp === 'string' && scp !== '') || (Array.isArray(roles) && roles.length > 0)
}

function subjectWithTenant({ tid, sub }: ForeignClaims): string {
  return `${version2(String(tid))}|${String(sub)}`
}
