import { jwtVerify, SignJWT } from 'jose'

export const name = 'jose'

export function prepare({ algorithm, signingKey, verifyKey, issuer, audience, newClaims }) {
  const options = { algorithms: [algorithm], issuer, audience, typ: 'at+jwt', requiredClaims: ['sub', 'exp'] }
  const header = { alg: algorithm, typ: 'at+jwt', kid: 'bench' }
  return {
    verify: (token) => jwtVerify(token, verifyKey, options),
    issue: () => new SignJWT(newClaims()).setProtectedHeader(header).sign(signingKey),
  }
}
