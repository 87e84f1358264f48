/**
 * Which of the configured issuers a published key serves, by the member `issuer` that keys of Microsoft Entra ID have
 * ("Validate the signing key issuer" in the documentation of its access tokens). Without one: all of them. `{tenantid}`
 * in it stands for any tenant, but a key that names a tenant serves that one alone.
 */
export function issuersServedBy(
  keyIssuer: string | undefined,
  issuers: readonly string[],
): readonly string[] {
  if (keyIssuer === undefined) return issuers
  return issuers.filter((issuer) => {
    const tenant = TENANT.exec(issuer)?.[1]
    if (tenant === undefined) return keyIssuer === issuer
    const own = keyIssuer.replace('{tenantid}', tenant)
    // Tokens of version 1 are signed by the same keys, which name only the issuer of version 2.
    const isVersion1 = issuer.endsWith('/')
    return own === issuer || (isVersion1 && own.endsWith(`/${tenant}/v2.0`))
  })
}

/** The tenant in an issuer like `https://login.microsoftonline.com/<tenant>/v2.0` or `https://sts.windows.net/<tenant>/`. */
const TENANT = /^https:\/\/[^/]+\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\/(?:v2\.0)?$/i
