import { createHmac, sign, timingSafeEqual, verify } from 'node:crypto'

/** The yardstick: what node:crypto and JSON take by themselves. Checks nothing but the signature. */
export const name = 'bare crypto'

export function prepare({ algorithm, signingKey, verifyKey, newClaims }) {
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  const options = (key) => (algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key)
  const [privateKey, publicKey] = [options(signingKey), options(verifyKey)]
  const mac = (input) => createHmac('sha256', signingKey).update(input).digest()
  const isHmac = algorithm === 'HS256'
  const signatureOf = isHmac ? mac : (input) => sign(hash, Buffer.from(input), privateKey)
  const matches = isHmac
    ? (input, signature) => timingSafeEqual(mac(input), signature)
    : (input, signature) => verify(hash, Buffer.from(input), publicKey, signature)
  const header = { alg: algorithm, typ: 'at+jwt', kid: 'bench' }
  return {
    verify(token) {
      const second = token.lastIndexOf('.')
      const first = token.indexOf('.')
      if (!matches(token.slice(0, second), Buffer.from(token.slice(second + 1), 'base64url')))
        throw new Error()
      return { header: decode(token.slice(0, first)), claims: decode(token.slice(first + 1, second)) }
    },
    issue() {
      const input = `${encode(header)}.${encode(newClaims())}`
      return `${input}.${signatureOf(input).toString('base64url')}`
    },
  }
}

const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString())
const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url')
