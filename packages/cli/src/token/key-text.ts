import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'

/** How many layers of base64 or hexadecimal are removed in search of a key. */
const MAX_WRAPPINGS = 3

/**
 * Whether these bytes are an asymmetric key or a certificate in any usual encoding: unchanged, with escaped line ends,
 * in UTF-16, base64, base64url or hexadecimal. Such a value is often public, so it must not be used as a secret.
 */
export function isKeyText(bytes: Buffer, wrappings = MAX_WRAPPINGS): boolean {
  // Without its zero bytes, UTF-16 in either byte order is ASCII. JSON and .env files write line ends as \n.
  const text = bytes.toString('utf8').replaceAll('\0', '')
  if (isArmored(text) || isSshKey(bytes) || isDer(bytes) || isPoint(bytes)) return true
  if (wrappings === 0) return false
  const compact = text.replaceAll(/\\[nr]|[\s"']/g, '')
  return (
    (/^[\w+/-]+=*$/.test(compact) && isKeyText(Buffer.from(compact, 'base64'), wrappings - 1)) ||
    (/^(?:[0-9a-f]{2})+$/i.test(compact) && isKeyText(Buffer.from(compact, 'hex'), wrappings - 1))
  )
}

/** PEM, PuTTY, RFC 4716, OpenSSH, JWK and JWKS as JSON or as a literal of some language, XML-DSig. */
function isArmored(text: string): boolean {
  return (
    /-----BEGIN|PuTTY-User-Key-File|---- BEGIN SSH2/.test(text) ||
    /(?:^|\s)(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+|sk-[\w-]+@openssh\.com) AAAA/.test(text) ||
    /\bkty["']?\s*[:=]|["']keys["']\s*:|<(?:\w+:)?(?:RSA|EC)KeyValue\b/.test(text)
  )
}

/** RFC 4253 section 6.6, and the container of OpenSSH private keys. */
function isSshKey(bytes: Buffer): boolean {
  return /^\0\0\0.(?:ssh-|ecdsa-sha2-|sk-)|^openssh-key-v1\0/s.test(bytes.toString('latin1'))
}

function isDer(der: Buffer): boolean {
  if (der[0] !== 0x30) return false
  const parsers = [
    () => createPublicKey({ key: der, format: 'der', type: 'spki' }),
    () => createPublicKey({ key: der, format: 'der', type: 'pkcs1' }),
    () => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    () => createPrivateKey({ key: der, format: 'der', type: 'pkcs1' }),
    () => createPrivateKey({ key: der, format: 'der', type: 'sec1' }),
    // An encrypted key fails only because the passphrase is wrong, which the error message says.
    () => createPrivateKey({ key: der, format: 'der', type: 'pkcs8', passphrase: '' }),
    () => new X509Certificate(der),
  ]
  return parsers.some((parse) => {
    try {
      parse()
      return true
    } catch (error) {
      return /bad decrypt|passphrase/i.test(String(error))
    }
  })
}

/** An uncompressed point on one of the curves (SEC 1 section 2.3.3). Random bytes are almost never on a curve. */
function isPoint(bytes: Buffer): boolean {
  const crv = new Map([
    [65, 'P-256'],
    [97, 'P-384'],
    [133, 'P-521'],
  ]).get(bytes.length)
  if (crv === undefined || bytes[0] !== 4) return false
  const half = (bytes.length - 1) / 2
  const x = bytes.subarray(1, 1 + half).toString('base64url')
  const y = bytes.subarray(1 + half).toString('base64url')
  try {
    createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' })
    return true
  } catch {
    return false
  }
}
