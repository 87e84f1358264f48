import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'

const pairs = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
}

export const algorithms = ['HS256', ...Object.keys(pairs)]

/** Prepared keys: whoever takes text is given `textOf` them. */
export function newKeys(algorithm) {
  if (algorithm === 'HS256') {
    const secret = createSecretKey(randomBytes(48).toString('base64url'), 'utf8')
    return { signingKey: secret, verifyKey: secret }
  }
  const { privateKey, publicKey } = pairs[algorithm]()
  return { signingKey: privateKey, verifyKey: publicKey }
}

export function textOf(key) {
  if (key.type === 'secret') return key.export().toString()
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' })
}
