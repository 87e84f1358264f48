import { createRemoteJWKSet, jwtVerify } from 'jose'

export const name = "jose's remote set"

export function prepare({ algorithm, issuer, audience, jwksUrl }) {
  const keys = createRemoteJWKSet(new URL(jwksUrl))
  const options = { algorithms: [algorithm], issuer, audience, typ: 'at+jwt', requiredClaims: ['sub', 'exp'] }
  return { verify: (token) => jwtVerify(token, keys, options) }
}
