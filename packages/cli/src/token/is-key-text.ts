import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'

/** How many layers of base64 or hexadecimal are removed in search of a key. */
const MAX_WRAPPINGS = 2

/**
 * Whether a secret is an asymmetric key or a certificate: PEM, JWK, SSH or DER, also in base64 or hexadecimal. With a public
 * key as the secret, anybody can sign (RFC 8725 section 2.1).
 */
export function isKeyText(bytes: Buffer, wrappings = MAX_WRAPPINGS): boolean {
  const text = bytes.toString('utf8').replaceAll('\0', '')
  if (ARMORS.some((armor) => armor.test(text)) || isDer(bytes)) return true
  if (wrappings === 0) return false
  const compact = text.replaceAll(/\\[nr]|[\s"']/g, '')
  return (['hex', 'base64'] as const).some(
    (encoding) =>
      ENCODINGS[encoding].test(compact) && isKeyText(Buffer.from(compact, encoding), wrappings - 1),
  )
}

const ENCODINGS = { hex: /^(?:[0-9a-f]{2})+$/i, base64: /^[\w+/-]+=*$/ } as const

const ARMORS = [
  /-----BEGIN|---- BEGIN SSH2|PuTTY-User-Key-File|openssh-key-v1/,
  /(?:^|\s)(?:ssh-|ecdsa-sha2-|sk-)\S+ AAAA/,
  /^.{0,4}(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-)/s,
  /\bkty["']?\s*[:=]|["']keys["']\s*:|KeyValue>/,
]

function isDer(der: Buffer): boolean {
  if (der[0] !== 0x30) return false
  const parsers = [
    () => createPublicKey({ key: der, format: 'der', type: 'spki' }),
    () => createPublicKey({ key: der, format: 'der', type: 'pkcs1' }),
    () => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    () => createPrivateKey({ key: der, format: 'der', type: 'pkcs1' }),
    () => createPrivateKey({ key: der, format: 'der', type: 'sec1' }),
    () => new X509Certificate(der),
  ]
  return parsers.some((parse) => {
    try {
      parse()
      return true
    } catch {
      return false
    }
  })
}
