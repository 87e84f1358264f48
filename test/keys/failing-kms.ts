import type { JwtKey, OutsideSigner } from '@nest-jwt-auth/core'
import { keyPairs, kms } from './key-pairs.js'

export type Failure =
  | 'rejects'
  | 'throws'
  | 'is silent'
  | 'returns nothing'
  | 'returns noise'
  | 'returns a string'
  | 'signs with another key'

export const failures: Failure[] = [
  'rejects',
  'throws',
  'returns nothing',
  'returns noise',
  'returns a string',
  'signs with another key',
]

/** Stands in errors that nobody outside may see. */
export const canary = 'arn:aws:kms:canary-77'

/** A KMS that can be told to fail, and then to be well again. */
export function failingKms() {
  let failure: Failure | undefined
  const asked: { signal: AbortSignal; end: () => void }[] = []
  const good = kms('ES256')
  const answers: Record<Failure, OutsideSigner> = {
    rejects: () => Promise.reject(new Error(canary)),
    throws: () => {
      throw new Error(canary)
    },
    'is silent': (_, { signal }) =>
      new Promise((_resolve, reject) => {
        asked.push({ signal, end: () => reject(new Error('too late')) })
      }),
    'returns nothing': () => Promise.resolve(undefined as unknown as Uint8Array),
    'returns noise': () => Promise.resolve(new Uint8Array(64).fill(7)),
    'returns a string': () => Promise.resolve(canary as unknown as Uint8Array),
    'signs with another key': (input, context) => kms('ES256', keyPairs.ES384)(input, context),
  }
  const key: JwtKey = {
    algorithm: 'ES256',
    kid: 'kms',
    publicKey: keyPairs.ES256.publicKey,
    sign: (input, context) => (failure === undefined ? good : answers[failure])(input, context),
  }
  return {
    key,
    /** The calls that have had no answer. */
    asked,
    fail: (how: Failure) => void (failure = how),
    recover: () => void (failure = undefined),
  }
}
