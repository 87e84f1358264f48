import { createSigner, createVerifier } from 'fast-jwt'
import { textOf } from '../keys.mjs'

export const name = 'fast-jwt'

export function prepare({ algorithm, signingKey, verifyKey, issuer, audience, newClaims }) {
  const options = {
    key: textOf(verifyKey),
    algorithms: [algorithm],
    allowedIss: issuer,
    allowedAud: audience,
    checkTyp: 'at+jwt',
  }
  const sign = createSigner({
    key: textOf(signingKey),
    algorithm,
    kid: 'bench',
    header: { typ: 'at+jwt' },
    expiresIn: 900_000,
    iss: issuer,
    aud: audience,
  })
  return {
    verify: createVerifier(options),
    verifyRepeated: createVerifier({ ...options, cache: 10_000 }),
    issue() {
      const { sub, jti, is_admin } = newClaims()
      return sign({ sub, jti, is_admin })
    },
  }
}
