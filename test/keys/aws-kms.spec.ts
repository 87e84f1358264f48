import { createPublicKey, sign } from 'node:crypto'
import {
  GetPublicKeyCommand,
  KMSClient,
  KMSInternalException,
  SignCommand,
  type SignCommandInput,
  type SigningAlgorithmSpec,
} from '@aws-sdk/client-kms'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, TokenService, type JwtKey } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import { keyPairs, type KeyPairAlgorithm } from './key-pairs.js'
import { signDigest } from './sign-digest.js'

const algorithms = [
  ['ES256', 'ECDSA_SHA_256', 32],
  ['ES384', 'ECDSA_SHA_384', 48],
  ['ES512', 'ECDSA_SHA_512', 64],
  ['RS256', 'RSASSA_PKCS1_V1_5_SHA_256', 32],
  ['RS384', 'RSASSA_PKCS1_V1_5_SHA_384', 48],
  ['RS512', 'RSASSA_PKCS1_V1_5_SHA_512', 64],
  ['PS256', 'RSASSA_PSS_SHA_256', 32],
  ['PS384', 'RSASSA_PSS_SHA_384', 48],
  ['PS512', 'RSASSA_PSS_SHA_512', 64],
] as const satisfies [KeyPairAlgorithm, SigningAlgorithmSpec, number][]

const spec = new Map<string, SigningAlgorithmSpec>(algorithms.map(([name, kms]) => [name, kms]))
const KeyId = 'alias/tokens'

/** As docs/keys.md has it, for any algorithm. */
async function kmsKey(kms: KMSClient, algorithm: KeyPairAlgorithm): Promise<JwtKey> {
  const { PublicKey = new Uint8Array() } = await kms.send(new GetPublicKeyCommand({ KeyId }))
  return {
    algorithm,
    publicKey: createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }),
    async sign(_input, { digest, signal }) {
      const command = new SignCommand({
        KeyId,
        Message: digest,
        MessageType: 'DIGEST',
        SigningAlgorithm: spec.get(algorithm),
      })
      const { Signature } = await kms.send(command, { abortSignal: signal })
      if (Signature === undefined) throw new Error('KMS returned no signature.')
      return Signature
    },
  }
}

/** A stand-in that holds one key, and signs what KMS would sign. */
function standIn(algorithm: KeyPairAlgorithm) {
  const { publicKey, privateKey } = keyPairs[algorithm]
  const client = new KMSClient({ region: 'eu-central-1' })
  const kms = mockClient(client)
  kms.on(GetPublicKeyCommand).resolves({ PublicKey: publicKey.export({ format: 'der', type: 'spki' }) })
  const recover = () =>
    kms.on(SignCommand).callsFake(({ Message, MessageType, SigningAlgorithm }: SignCommandInput) => {
      if (MessageType !== 'DIGEST') throw new Error('RAW takes 4,096 bytes at most.')
      if (SigningAlgorithm !== spec.get(algorithm)) throw new Error('KMS has no such key.')
      return { Signature: new Uint8Array(signDigest(algorithm, privateKey, Message ?? new Uint8Array())) }
    })
  recover()
  return { client, kms, recover }
}

async function tokensOf(key: JwtKey): Promise<TokenService> {
  const auth = JwtAuthModule.forRoot({ keys: [key], refreshToken: false })
  return (await startModule({ imports: [auth] })).get(TokenService)
}

const signCalls = ({ kms }: ReturnType<typeof standIn>) =>
  kms.commandCalls(SignCommand).map(({ args }) => args[0].input)

beforeEach(() => logs.clear())

describe('a key in AWS KMS', () => {
  it.each(algorithms)('signs the digest: %s', async (algorithm, SigningAlgorithm, length) => {
    const stub = standIn(algorithm)
    const tokens = await tokensOf(await kmsKey(stub.client, algorithm))
    const token = await tokens.issueAccessToken('ida')

    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
    const calls = signCalls(stub)
    expect(calls).toHaveLength(2)
    for (const call of calls) {
      expect(call).toMatchObject({ KeyId, MessageType: 'DIGEST', SigningAlgorithm })
      expect(call.Message).toHaveLength(length)
    }
  })

  it('signs a token of more than 4,096 bytes', async () => {
    const { client } = standIn('ES256')
    const tokens = await tokensOf(await kmsKey(client, 'ES256'))
    const token = await tokens.issueAccessToken('ida', { claims: { note: 'x'.repeat(5000) } })

    expect(token.length).toBeGreaterThan(6000)
    await expect(tokens.verify(token)).resolves.toBeDefined()
  })

  it('does not boot where the app may not use it', async () => {
    const { client, kms } = standIn('ES256')
    const key = await kmsKey(client, 'ES256')
    const refused = Object.assign(new Error('arn:aws:kms:secret-arn is not authorized'), {
      name: 'AccessDeniedException',
    })
    kms.on(SignCommand).rejects(refused)
    const error = await tokensOf(key).catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(JwtAuthConfigError)
    expect((error as Error).message).toContain('keys[0].sign: The function threw AccessDeniedException')
    expect((error as Error).message).not.toContain('secret-arn')
    expect(logs.text('error')).toContain('secret-arn')
  })

  it('does not boot where KMS has another key under the alias by now', async () => {
    const { client, kms } = standIn('ES256')
    const key = await kmsKey(client, 'ES256')
    const other = sign('sha256', Buffer.from('probe'), keyPairs.ES384.privateKey)
    kms.on(SignCommand).resolves({ Signature: other })

    await expect(tokensOf(key)).rejects.toThrow('keys[0].sign: ')
  })

  it('that is down is a 503, and up again it signs', async () => {
    const { client, kms, recover } = standIn('ES256')
    const tokens = await tokensOf(await kmsKey(client, 'ES256'))
    const down = new KMSInternalException({ message: 'down', $metadata: {} })
    kms.on(SignCommand).rejects(down)

    await expect(tokens.issueAccessToken('ida')).rejects.toMatchObject({
      errorCode: 'keys_unavailable',
      status: 503,
    })
    recover()
    await expect(tokens.issueAccessToken('ida')).resolves.toBeDefined()
  })
})
