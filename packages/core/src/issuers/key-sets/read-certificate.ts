import { X509Certificate } from 'node:crypto'
import { KeyProblem } from '../../keys/key-problem.js'
import type { PublishedJwk } from './read-jwk.js'

const BEGINNING = '-----BEGIN CERTIFICATE-----'

export function isCertificate(text: unknown): text is string {
  return typeof text === 'string' && text.trimStart().startsWith(BEGINNING)
}

/**
 * The public key of a PEM certificate as a JWK, and from when to when the certificate is valid. Its signature is not
 * checked: it is trusted because of where it was fetched from. Throws a `KeyProblem`.
 */
export function readCertificate(
  kid: string,
  pem: string,
): { readonly jwk: PublishedJwk; readonly validity: { readonly from: number; readonly to: number } } {
  const { publicKey, validFrom, validTo } = parse(pem)
  const validity = { from: Date.parse(validFrom), to: Date.parse(validTo) }
  if (Number.isNaN(validity.from + validity.to)) throw new KeyProblem('', 'Its dates cannot be read', '')
  return { jwk: { ...publicKey, kid }, validity }
}

function parse(pem: string) {
  try {
    const { publicKey, validFrom, validTo } = new X509Certificate(pem)
    return { publicKey: publicKey.export({ format: 'jwk' }), validFrom, validTo }
  } catch {
    throw new KeyProblem('', 'It is not a certificate with a public key that a JWK can express', '')
  }
}
