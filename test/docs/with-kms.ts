import { createServer } from 'node:http'
import { once } from 'node:events'
import { expect } from '@jest/globals'
import { keyPairs } from '../keys/key-pairs.js'
import { signDigest } from '../keys/sign-digest.js'
import { sendRequest } from '../support/http.js'

const { publicKey, privateKey } = keyPairs.ES256
const KMS_KEY_ID = 'alias/of-the-docs'

interface KmsRequest {
  KeyId: string
  Message?: string
  MessageType?: string
  SigningAlgorithm?: string
}

/** What AWS KMS answers to the SDK, for one key of the spec ECC_NIST_P256. */
function answerTo(operation: string | undefined, request: KmsRequest): object | undefined {
  if (request.KeyId !== KMS_KEY_ID) return undefined
  if (operation === 'TrentService.GetPublicKey') {
    return { PublicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') }
  }
  const { Message = '', MessageType, SigningAlgorithm } = request
  if (operation !== 'TrentService.Sign' || MessageType !== 'DIGEST') return undefined
  if (SigningAlgorithm !== 'ECDSA_SHA_256') return undefined
  return { Signature: signDigest('ES256', privateKey, Buffer.from(Message, 'base64')).toString('base64') }
}

/** Runs `work` with the environment of an app that finds a KMS. */
export async function withKms(work: (env: Record<string, string>) => Promise<void>): Promise<void> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const operation = request.headers['x-amz-target']?.toString()
    asked.push(operation ?? '')
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = answerTo(operation, JSON.parse(Buffer.concat(chunks).toString()) as KmsRequest)
      response.writeHead(answer ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(answer ?? { __type: 'ValidationException' }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  try {
    await work({
      KMS_KEY_ID,
      AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'docs',
      AWS_SECRET_ACCESS_KEY: 'docs',
    })
    expect(asked).toEqual(['TrentService.GetPublicKey', 'TrentService.Sign'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** What docs/keys.md says of its app. */
export async function expectKeys(port: number): Promise<void> {
  const { status, headers, body } = await sendRequest(port, { path: '/.well-known/jwks.json' })

  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('public, max-age=300, stale-while-revalidate=600')
  const { keys } = body as { keys: object[] }
  expect(keys).toEqual([
    { ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: expect.any(String) },
  ])
}
