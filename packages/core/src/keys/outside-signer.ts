import { createHash } from 'node:crypto'
import { isUint8Array } from 'node:util/types'
import { JwtAuthError } from '../errors/jwt-auth.error.js'
import { OutageLog } from '../errors/outage-log.js'
import { within } from '../time/within.js'
import { type Algorithm, algorithmSpec } from './algorithms.js'
import { ecdsaFromDer } from './ecdsa-signature.js'
import type { OutsideSigner } from './jwt-key.js'
import { KeyProblem } from './key-problem.js'
import type { SignOutside, Verify } from './signature.js'

/** In milliseconds, for one signature. */
const TIMEOUT = 5000

/** A key whose private half is elsewhere. */
interface OutsideKey {
  readonly algorithm: Algorithm
  readonly kid: string
  readonly sign: OutsideSigner
  /** By the public key. */
  readonly verify: Verify
  /** Of one signature, in a token. */
  readonly signatureBytes: number
}

/**
 * Returns the function that signs tokens with this key, after one try. Throws a `KeyProblem` if the try fails, and logs
 * the cause.
 */
export async function outsideSigner(key: OutsideKey): Promise<SignOutside> {
  const outages = new OutageLog(`The signer of the key ${JSON.stringify(key.kid)}`)
  try {
    await signatureOf('probe', key)
  } catch (cause) {
    outages.began(cause)
    throw problemAtBoot(cause)
  }
  return async (input) => {
    try {
      const signature = await signatureOf(input, key)
      outages.ended()
      return signature
    } catch (cause) {
      outages.began(cause)
      throw new JwtAuthError('keys_unavailable', { reason: 'the signer failed or timed out', cause })
    }
  }
}

/** In base64url, and sure to match the public key: a token with a wrong signature would be refused everywhere. */
async function signatureOf(input: string, key: OutsideKey): Promise<string> {
  const given = new AbortController()
  try {
    const answer = await within(TIMEOUT, async () => ask(key, input, given.signal), silent)
    return matching(input, answer, key)
  } catch (error) {
    given.abort(error)
    throw error
  }
}

function ask({ algorithm, sign }: OutsideKey, input: string, signal: AbortSignal): Promise<unknown> {
  const spec = algorithmSpec(algorithm)
  // Copies with a buffer of their own, which the signer may do with as it likes.
  const bytes = new TextEncoder().encode(input)
  const digest = 'hash' in spec ? new Uint8Array(createHash(spec.hash).update(bytes).digest()) : undefined
  return sign(bytes, { digest, signal })
}

function matching(input: string, answer: unknown, key: OutsideKey): string {
  const { algorithm, verify, signatureBytes } = key
  if (!isUint8Array(answer)) {
    throw new SignerProblem(
      'The function returned something other than a Uint8Array',
      'Return the bytes of the signature, not its base64 or hex',
    )
  }
  const forms = formsOf(answer, key)
  if (forms.length === 0) {
    throw new SignerProblem(
      `The function returned ${answer.length} bytes, which cannot be a signature by ${algorithm}`,
      `Return a signature of ${signatureBytes} bytes${isEcdsa(algorithm) ? ', or the same in DER' : ''}`,
    )
  }
  const match = forms
    .map((form) => Buffer.from(form).toString('base64url'))
    .find((form) => verify(input, form))
  if (match !== undefined) return match
  throw new SignerProblem(
    'The signature does not match the public key',
    `Check that publicKey belongs to the key that signs, that it signs by ${algorithm}, and that the digest is not hashed again`,
  )
}

/** The possible signatures. Bytes can be both R and S side by side and valid DER; only the public key shows which. */
function formsOf(answer: Uint8Array, { algorithm, signatureBytes }: OutsideKey): readonly Uint8Array[] {
  const der = isEcdsa(algorithm) ? ecdsaFromDer(answer, signatureBytes) : undefined
  return [...(answer.length === signatureBytes ? [answer] : []), ...(der === undefined ? [] : [der])]
}

function isEcdsa(algorithm: Algorithm): boolean {
  return algorithmSpec(algorithm).family === 'ec'
}

/** What is wrong with a signature, and what to do, as sentences without a period. Holds nothing that was returned. */
class SignerProblem extends Error {
  constructor(
    readonly problem: string,
    readonly fix: string,
  ) {
    super(`${problem}.`)
  }
}

function silent(): SignerProblem {
  return new SignerProblem(
    `The function did not answer within ${TIMEOUT / 1000} seconds`,
    'Check that the service that signs can be reached from here',
  )
}

/** What was thrown is in the log, and only its name in the error: it may say more than an error of ours should. */
function problemAtBoot(cause: unknown): KeyProblem {
  if (cause instanceof SignerProblem) return new KeyProblem('sign', cause.problem, cause.fix)
  const name =
    cause instanceof Error && /^\w{1,64}$/.test(cause.name) ? cause.name : 'a value that is not an Error'
  return new KeyProblem(
    'sign',
    `The function threw ${name}; the log shows it`,
    'Check that this process may sign with the key. For a key that only verifies, leave sign out',
  )
}
