import jsonwebtoken from 'jsonwebtoken'

export const name = 'jsonwebtoken'

/** With prepared keys: given as text they are parsed on every call. Does not know EdDSA. */
export function prepare({ algorithm, signingKey, verifyKey, issuer, audience, newClaims }) {
  if (algorithm === 'EdDSA') return {}
  const header = { typ: 'at+jwt' }
  return {
    verify: (token) => jsonwebtoken.verify(token, verifyKey, { algorithms: [algorithm], issuer, audience }),
    issue() {
      const { sub, jti, is_admin } = newClaims()
      const options = { algorithm, keyid: 'bench', header, expiresIn: '15m', issuer, audience }
      return jsonwebtoken.sign({ sub, jti, is_admin }, signingKey, options)
    },
  }
}
