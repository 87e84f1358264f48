import { KeyProblem } from '../../keys/key-problem.js'
import type { FrozenObject } from '../../token/strict-json.js'
import { FetchFailure } from './fetch-failure.js'
import { issuersServedBy } from './key-issuer.js'
import { KeySet } from './key-set.js'
import type { KeyRules, PublishedKey } from './published-key.js'
import { isCertificate, readCertificate } from './read-certificate.js'
import { type PublishedJwk, readJwk } from './read-jwk.js'

const MAX_KEYS = 100

export interface ReadKeySet {
  readonly set: KeySet
  /** Why keys of the set are not used, a sentence each, without key material. */
  readonly problems: readonly string[]
}

type UsableKey = Omit<PublishedKey, 'source'>

/** A key as it stands in the document, and how to read it. It is `undefined` if it is meant for something else. */
interface Entry {
  readonly source: string
  readonly readKey: () => Promise<UsableKey | undefined>
}

/**
 * Reads a JWK Set (RFC 7517 section 5), or a JSON object of PEM certificates by `kid`. Throws a `FetchFailure` if it is
 * neither, or has more than 100 keys. A key that cannot be used is left out, and so are those of one `kid` and algorithm
 * that differ. Keys that `previous` has too stay the same objects.
 */
export async function readKeySet(
  document: FrozenObject,
  rules: KeyRules,
  previous = new KeySet([]),
): Promise<ReadKeySet> {
  const entries = entriesOf(document, rules)
  if (entries === undefined) throw new FetchFailure('the document is not a set of keys')
  if (entries.length > MAX_KEYS) throw new FetchFailure(`the document has more than ${MAX_KEYS} keys`)
  const read = new Map<string, PublishedKey>()
  const problems: string[] = []
  for (const [index, { source, readKey }] of entries.entries()) {
    try {
      const key = previous.readFrom(source) ?? (await readKey())
      // A key that is published twice is one.
      if (key !== undefined) read.set(identityOf(key), { ...key, source })
    } catch (error) {
      const problem = error instanceof KeyProblem ? error.problem : 'It cannot be read'
      problems.push(`Key ${index + 1} is not used. ${problem}.`)
    }
  }
  const keys = [...read.values()]
  const ambiguous = keys.filter((key) => keys.some((other) => isAmbiguous(key, other)))
  if (ambiguous.length > 0) {
    problems.push(`${ambiguous.length} keys are not used. Several have the same kid and algorithm.`)
  }
  if (keys.length === 0) problems.push(`No key is for one of the algorithms ${rules.algorithms.join(', ')}.`)
  return { set: new KeySet(keys), problems }
}

function entriesOf(document: FrozenObject, rules: KeyRules): Entry[] | undefined {
  const { keys } = document
  if (Array.isArray(keys)) return (keys as unknown[]).map((jwk) => jwkEntry(jwk, rules))
  const certificates = Object.entries(document)
  if (certificates.length === 0) return undefined
  return certificates.every(([, text]) => isCertificate(text))
    ? certificates.map(([kid, text]) => certificateEntry(kid, text as string, rules))
    : undefined
}

function jwkEntry(jwk: unknown, { issuers, algorithms }: KeyRules): Entry {
  return {
    source: JSON.stringify(jwk),
    readKey: async () => {
      if (typeof jwk !== 'object' || jwk === null) throw new KeyProblem('', 'It is not a JSON object', '')
      const { issuer } = jwk as PublishedJwk
      if (issuer !== undefined && typeof issuer !== 'string') {
        throw new KeyProblem('', 'Its issuer is not a string', '')
      }
      const served = issuersServedBy(issuer, issuers)
      const read = served.length === 0 ? undefined : await readJwk(jwk as PublishedJwk, algorithms)
      return read && { ...read, issuers: served, validity: undefined }
    },
  }
}

function certificateEntry(kid: string, pem: string, { issuers, algorithms }: KeyRules): Entry {
  return {
    source: JSON.stringify([kid, pem]),
    readKey: async () => {
      const { jwk, validity } = readCertificate(kid, pem)
      const read = await readJwk(jwk, algorithms)
      return read && { ...read, issuers, validity }
    },
  }
}

function identityOf({ kid, key, issuers, validity }: UsableKey): string {
  return JSON.stringify([kid, key.publicJwk, issuers, validity])
}

function isAmbiguous(one: PublishedKey, other: PublishedKey): boolean {
  return (
    one !== other &&
    one.kid !== undefined &&
    one.kid === other.kid &&
    one.key.algorithm === other.key.algorithm &&
    one.issuers.some((issuer) => other.issuers.includes(issuer))
  )
}
