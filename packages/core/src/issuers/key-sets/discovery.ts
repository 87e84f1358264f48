import type { FrozenObject } from '../../token/strict-json.js'
import { FetchFailure } from './fetch-failure.js'
import { isLoopbackAddress, keyAddressProblem } from './key-address.js'

/** The issuer identifier below which metadata is looked for: the first that is a URL. */
export function discoverableIssuer(issuers: readonly string[]): string | undefined {
  return issuers.find((issuer) => keyAddressProblem(issuer) === undefined && !issuer.includes('?'))
}

/** Where the metadata of an issuer can be: OpenID Connect Discovery 1.0 section 4.1, then RFC 8414 section 3.1. */
export function metadataAddresses(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}

/**
 * The `jwks_uri` of metadata. Throws a `FetchFailure` if its `issuer` is not exactly one of the configured (OpenID Connect
 * Discovery 1.0 section 4.3, RFC 8414 section 3.3), or if the address is not allowed.
 */
export function jwksAddressOf(
  metadata: FrozenObject,
  issuers: readonly string[],
  metadataAddress: string,
): string {
  const { issuer, jwks_uri: address } = metadata
  if (typeof issuer !== 'string' || !issuers.includes(issuer)) {
    throw new FetchFailure('the metadata is of another issuer')
  }
  if (typeof address !== 'string') throw new FetchFailure('the metadata has no jwks_uri')
  // A server elsewhere has no say over what this machine asks itself.
  const isForeignLoopback = isLoopbackAddress(address) && !isLoopbackAddress(metadataAddress)
  if (isForeignLoopback || keyAddressProblem(address) !== undefined) {
    throw new FetchFailure('the jwks_uri in the metadata is not an allowed https URL')
  }
  return address
}
