import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CompactVerifyGetKey, JSONWebKeySet } from 'jose'
import { CommandError } from '../command.js'
import { ALGORITHMS, algorithmsOf, SECRET_ALGORITHMS } from '../keys/algorithms.js'
import type { Terminal } from '../terminal.js'
import { isKeyText } from './key-text.js'
import { readSecret } from './read-secret.js'
import type { Verdict } from './verdict.js'
import type { VerifyTokenOptions } from './verify.js'
import { verifyWithKey } from './verify-with-key.js'

/** Verifies tokens without the app. */
export interface Verifier {
  /** Who accepts or refuses, as the subject of a sentence. */
  readonly name: string
  verify(token: string, kind: 'access' | 'refresh' | undefined): Promise<Verdict>
}

/** Keys, and the algorithms that fit them: a public key is never taken for a secret. */
export interface VerificationKey {
  readonly key: KeyObject | CompactVerifyGetKey
  readonly algorithms: readonly string[]
}

const SOURCES = ['jwks', 'public-key', 'secret-env', 'secret-file', 'app'] as const
const PUBLIC_ALGORITHMS = ALGORITHMS.filter((name) => !SECRET_ALGORITHMS.includes(name))
const FETCH_TIMEOUT = 10_000 // milliseconds
const MAX_KEY_SET = 1_048_576 // bytes

/** What the options name to verify with; `undefined`: the app. Throws a `CommandError` for several, or unreadable ones. */
export async function readVerifier(
  options: VerifyTokenOptions,
  terminal: Terminal,
): Promise<Verifier | undefined> {
  const given = SOURCES.filter((name) => options[name] !== undefined)
  if (given.length > 1) throw new CommandError(`Give one of --${given.join(' and --')}.`)
  const { jwks, 'public-key': publicKey, algorithm = 'HS256', issuer, audience } = options
  const secret = await readSecret(options, algorithm, terminal)
  if (options.algorithm !== undefined && secret === undefined) {
    throw new CommandError('--algorithm goes with a secret. Other keys tell which algorithms they are for.')
  }
  const against = (name: string, key: VerificationKey): Verifier => ({
    name,
    verify: (token, kind) => verifyWithKey(token, key, { issuer, audience, kind }),
  })
  if (secret !== undefined)
    return against('The secret', { key: createSecretKey(secret), algorithms: [algorithm] })
  if (publicKey !== undefined) return against('The public key', readPublicKey(publicKey, terminal.cwd))
  if (jwks !== undefined) return against('The key set', await readKeySet(jwks, terminal.cwd))
  if (issuer === undefined && audience === undefined) return undefined
  throw new CommandError('--issuer and --audience go with keys. The app has its own: leave them out.')
}

function readPublicKey(file: string, cwd: string): VerificationKey {
  const pem = readText(file, cwd, '--public-key')
  if (pem.includes('PRIVATE KEY')) {
    throw new CommandError(
      `${file} holds a private key. Verifying needs only the public one, so leave that where it is.`,
    )
  }
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType !== 'rsa-pss') return { key, algorithms: algorithmsOf(key) }
  } catch {
    throw new CommandError(`${file} is no public key in PEM. Does it begin with -----BEGIN PUBLIC KEY-----?`)
  }
  throw new CommandError(
    `${file} holds a key that is restricted to RSASSA-PSS, which is not supported here. A plain RSA key verifies PS256 too.`,
  )
}

async function readKeySet(location: string, cwd: string): Promise<VerificationKey> {
  const { createLocalJWKSet } = await import('jose')
  const isAddress = /^https?:/i.test(location)
  const text = isAddress ? await fetchText(safeUrl(location)) : readText(location, cwd, '--jwks')
  try {
    return { key: createLocalJWKSet(JSON.parse(text) as JSONWebKeySet), algorithms: PUBLIC_ALGORITHMS }
  } catch {
    throw new CommandError(
      `What --jwks names is not a key set: a JSON object with the member keys (RFC 7517 section 5).`,
    )
  }
}

async function fetchText(url: URL): Promise<string> {
  try {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_TIMEOUT) })
    if (answer.status === 200) return await limitedText(answer)
    throw new Error(`the status is ${answer.status}`)
  } catch (error) {
    const { message, cause } = error as { readonly message: string; readonly cause?: Error }
    const why = cause === undefined ? message : `${message}, ${cause.message}`
    throw new CommandError(`The key set at ${url.origin}${url.pathname} cannot be fetched: ${why}.`)
  }
}

/** Fails where the body is longer than a key set can be. */
async function limitedText({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body ?? []) {
    size += part.byteLength
    if (size > MAX_KEY_SET) throw new Error(`it is longer than ${MAX_KEY_SET} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Over http anybody on the way could put in a key of his own. */
function safeUrl(location: string): URL {
  const url = URL.canParse(location) ? new URL(location) : undefined
  if (url === undefined) throw new CommandError('--jwks is no address.')
  if (url.username !== '' || url.password !== '') {
    throw new CommandError('--jwks must not hold a user name or a password.')
  }
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'https:' || isLoopback) return url
  throw new CommandError(
    '--jwks must be an https address: over http anybody on the way could replace the keys.',
  )
}

function readText(file: string, cwd: string, option: string): string {
  if (isKeyText(Buffer.from(file))) {
    throw new CommandError(`${option} takes the name of a file, and not the key itself.`)
  }
  try {
    return readFileSync(resolve(cwd, file), 'utf8')
  } catch (error) {
    throw new CommandError(
      `${option} ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`,
    )
  }
}
