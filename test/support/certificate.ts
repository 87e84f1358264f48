import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** The key and the certificate of a server, in PEM. */
export interface ServerTls {
  readonly key: string
  readonly cert: string
}

/** A new key with its certificate, for a server at this host. */
export function newTls(host: string): ServerTls {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    key: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    cert: newCertificate(privateKey, { from: '2020-01-01', to: '2099-01-01' }, host),
  }
}

/** A self-signed X.509 certificate in PEM (RFC 5280 section 4.1) of an RSA or EC key, for a host if one is given. */
export function newCertificate(
  privateKey: KeyObject,
  validity: { from: string; to: string },
  host?: string,
): string {
  const algorithm = sequence(
    objectId(privateKey.asymmetricKeyType === 'rsa' ? '2a864886f70d01010b' : '2a8648ce3d040302'),
  )
  const name = sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from('issuer.example')))))
  const toBeSigned = sequence(
    ...(host === undefined ? [] : [der(0xa0, der(0x02, Buffer.from([2])))]),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    sequence(time(validity.from), time(validity.to)),
    name,
    createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
    ...(host === undefined ? [] : [der(0xa3, sequence(alternativeName(host)))]),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', toBeSigned, privateKey)])
  const certificate = sequence(toBeSigned, algorithm, der(0x03, signature))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

/** RFC 5280 section 4.2.1.6. */
function alternativeName(host: string): Buffer {
  return sequence(objectId('551d11'), der(0x04, sequence(der(0x82, Buffer.from(host)))))
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

/** GeneralizedTime from an ISO 8601 date. */
function time(iso: string): Buffer {
  const digits = new Date(iso).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return der(0x18, Buffer.from(`${digits}Z`))
}
