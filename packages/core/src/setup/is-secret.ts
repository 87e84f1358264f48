import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { derivedMac } from '../keys/derived-mac.js'
import type { Settings } from './settings.js'

/**
 * Whether a string is a secret or a private key of these settings: as it is, decoded from hex or base64, as PEM, or as a JWK
 * in JSON. Of secrets and keys themselves the settings keep nothing, so what is derived from them is compared.
 */
export function isSecretOf(settings: Settings, text: string): boolean {
  return readingsOf(text).some((bytes) => isKept(settings, bytes))
}

const PROBE = 'is this a secret'

function isKept({ keys, csrfMacs, legacy, rotation }: Settings, bytes: Buffer): boolean {
  const mac = derivedMac(bytes).of(PROBE)
  return (
    keys.matchesMac(PROBE, mac) ||
    (csrfMacs !== keys && csrfMacs.matchesMac(PROBE, mac)) ||
    legacy?.key.mac?.matches(PROBE, mac) === true ||
    rotation?.wrap.has(bytes) === true
  )
}

function readingsOf(text: string): Buffer[] {
  const key = privateKeyIn(text)
  if (key !== undefined) return [key]
  return [
    Buffer.from(text, 'utf8'),
    ...(/^(?:[0-9a-f]{2})+$/i.test(text) ? [Buffer.from(text, 'hex')] : []),
    ...(/^[\w+/-]+=*$/.test(text) ? [Buffer.from(text, 'base64')] : []),
  ]
}

/** A private key in the form that MACs are derived from. */
function privateKeyIn(text: string): Buffer | undefined {
  const isPem = text.includes('PRIVATE KEY')
  if (!isPem && !/^\s*\{[^]*"d"\s*:/.test(text)) return undefined
  try {
    const key = isPem
      ? createPrivateKey(text.replaceAll(String.raw`\n`, '\n'))
      : createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' })
    return key.export({ format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}
