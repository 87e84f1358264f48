import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Algorithm, OutsideSigner } from '@nest-jwt-auth/core'

/** What is used of pkcs11js, whose types are missing where it is not installed. */
interface Pkcs11 {
  load(path: string): void
  close(): void
  C_Initialize(): void
  C_Finalize(): void
  C_GetSlotList(hasToken: boolean): Buffer[]
  C_OpenSession(slot: Buffer, flags: number): Buffer
  C_CloseAllSessions(slot: Buffer): void
  C_Login(session: Buffer, user: number, pin: string): void
  C_GenerateKeyPair(
    session: Buffer,
    mechanism: Mechanism,
    publicKey: Attribute[],
    privateKey: Attribute[],
  ): KeyPair
  C_GetAttributeValue(session: Buffer, object: Buffer, wanted: Attribute[]): { value: Buffer }[]
  C_SignInit(session: Buffer, mechanism: Mechanism, key: Buffer): void
  C_SignAsync(session: Buffer, input: Buffer, output: Buffer): Promise<Buffer>
}

interface Attribute {
  type: number
  value?: number | boolean | Buffer
}

interface Mechanism {
  mechanism: number
  parameter?: object
}

interface KeyPair {
  publicKey: Buffer
  privateKey: Buffer
}

type Constants = Readonly<Record<string, number>>

const require = createRequire(new URL('../pkcs11/package.json', import.meta.url))

/** `CKA_EC_PARAMS`, and the names of the curve elsewhere. `size` is that of one coordinate. */
const curves: Record<string, { params: string; kty: string; crv: string; size: number }> = {
  ES256: { params: '06082a8648ce3d030107', kty: 'EC', crv: 'P-256', size: 32 },
  ES384: { params: '06052b81040022', kty: 'EC', crv: 'P-384', size: 48 },
  ES512: { params: '06052b81040023', kty: 'EC', crv: 'P-521', size: 66 },
  EdDSA: { params: '130c656477617264733235353139', kty: 'OKP', crv: 'Ed25519', size: 32 },
}

/** PKCS#11 3.0, which pkcs11js has no names for. */
const CKM_EC_EDWARDS_KEY_PAIR_GEN = 0x1055
const CKM_EDDSA = 0x1057

/** RFC 8017 section 9.2, note 1: what stands before a SHA-256 digest. */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** A key pair that was made in the token, and whose private half never leaves it. */
export interface HsmKey {
  publicKey: KeyObject
  sign: OutsideSigner
  /** Throws, if the token is any good. */
  exportPrivateKey: () => void
}

/** A PKCS#11 token. */
export class SoftHsm {
  private readonly c: Constants
  private readonly pkcs11: Pkcs11
  private readonly slot: Buffer
  private readonly session: Buffer
  /** One session does one thing at a time: `C_SignInit` and `C_Sign` of two signatures must not mix. */
  private queue: Promise<unknown> = Promise.resolve()

  constructor(module: string) {
    const library = require('pkcs11js') as Constants & { PKCS11: new () => Pkcs11 }
    this.c = library
    this.pkcs11 = new library.PKCS11()
    this.pkcs11.load(module)
    this.pkcs11.C_Initialize()
    this.slot = this.pkcs11.C_GetSlotList(true)[0] ?? Buffer.alloc(0)
    this.session = this.pkcs11.C_OpenSession(
      this.slot,
      this.flag('CKF_SERIAL_SESSION') | this.flag('CKF_RW_SESSION'),
    )
    this.pkcs11.C_Login(this.session, this.flag('CKU_USER'), '1234')
  }

  newKey(algorithm: Algorithm): HsmKey {
    const { publicKey, privateKey } = this.generate(algorithm)
    const mechanism = this.mechanismOf(algorithm)
    return {
      publicKey: createPublicKey({ key: this.jwkOf(algorithm, publicKey), format: 'jwk' }),
      sign: (input, { digest = input }) =>
        this.signNext(
          mechanism,
          privateKey,
          algorithm === 'RS256' ? Buffer.concat([DIGEST_INFO, digest]) : digest,
        ),
      exportPrivateKey: () =>
        void this.read(privateKey, algorithm.startsWith('E') ? 'CKA_VALUE' : 'CKA_PRIVATE_EXPONENT'),
    }
  }

  /** As if the token were pulled out. */
  disconnect(): void {
    this.pkcs11.C_CloseAllSessions(this.slot)
  }

  close(): void {
    this.pkcs11.C_Finalize()
    this.pkcs11.close()
  }

  private signNext(mechanism: Mechanism, key: Buffer, input: Uint8Array): Promise<Buffer> {
    const signed = this.queue.then(() => {
      this.pkcs11.C_SignInit(this.session, mechanism, key)
      return this.pkcs11.C_SignAsync(this.session, Buffer.from(input), Buffer.alloc(512))
    })
    this.queue = signed.catch(() => undefined)
    return signed
  }

  private generate(algorithm: Algorithm): KeyPair {
    const curve = curves[algorithm]
    const shape: Attribute[] = curve
      ? [{ type: this.flag('CKA_EC_PARAMS'), value: Buffer.from(curve.params, 'hex') }]
      : [
          { type: this.flag('CKA_MODULUS_BITS'), value: 2048 },
          { type: this.flag('CKA_PUBLIC_EXPONENT'), value: Buffer.from([1, 0, 1]) },
        ]
    const usual = this.flag(curve ? 'CKM_EC_KEY_PAIR_GEN' : 'CKM_RSA_PKCS_KEY_PAIR_GEN')
    const mechanism = algorithm === 'EdDSA' ? CKM_EC_EDWARDS_KEY_PAIR_GEN : usual
    return this.pkcs11.C_GenerateKeyPair(
      this.session,
      { mechanism },
      [{ type: this.flag('CKA_VERIFY'), value: true }, ...shape],
      [
        { type: this.flag('CKA_PRIVATE'), value: true },
        { type: this.flag('CKA_SENSITIVE'), value: true },
        { type: this.flag('CKA_EXTRACTABLE'), value: false },
        { type: this.flag('CKA_SIGN'), value: true },
      ],
    )
  }

  private mechanismOf(algorithm: Algorithm): Mechanism {
    if (algorithm === 'EdDSA') return { mechanism: CKM_EDDSA }
    if (algorithm.startsWith('ES')) return { mechanism: this.flag('CKM_ECDSA') }
    if (algorithm === 'RS256') return { mechanism: this.flag('CKM_RSA_PKCS') }
    const parameter = {
      type: this.flag('CK_PARAMS_RSA_PSS'),
      hashAlg: this.flag('CKM_SHA256'),
      mgf: this.flag('CKG_MGF1_SHA256'),
      saltLen: 32,
    }
    return { mechanism: this.flag('CKM_RSA_PKCS_PSS'), parameter }
  }

  private jwkOf(algorithm: Algorithm, publicKey: Buffer): JsonWebKey {
    const curve = curves[algorithm]
    if (curve === undefined) {
      const [n = '', e = ''] = ['CKA_MODULUS', 'CKA_PUBLIC_EXPONENT'].map((name) =>
        this.read(publicKey, name),
      )
      return { kty: 'RSA', n, e }
    }
    const { kty, crv, size } = curve
    // The coordinates are the end of an OCTET STRING: both of them side by side, but of Ed25519 there is one.
    const point = Buffer.from(this.read(publicKey, 'CKA_EC_POINT'), 'base64url')
    const [y, x] = [point.subarray(-size), point.subarray(-2 * size, -size)].map((half) =>
      half.toString('base64url'),
    )
    return kty === 'OKP' ? { kty, crv, x: y ?? '' } : { kty, crv, x: x ?? '', y: y ?? '' }
  }

  /** In base64url. */
  private read(object: Buffer, name: string): string {
    const [attribute] = this.pkcs11.C_GetAttributeValue(this.session, object, [{ type: this.flag(name) }])
    return attribute?.value.toString('base64url') ?? ''
  }

  private flag(name: string): number {
    const value = this.c[name]
    if (value === undefined) throw new TypeError(`pkcs11js has no ${name}.`)
    return value
  }
}
