import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JWK } from 'jose'

export type Jwk = JWK & { kty: string }

export interface JwsCase {
  id: string
  group: string
  comment: string
  key: string
  alg?: string
  jws: string
  expect: 'valid' | 'invalid' | 'excluded'
}

export interface JwkCase {
  id: string
  comment: string
  jwk: { keys: Jwk[] }
  jws: string
  expect: 'valid' | 'invalid'
  note?: string
}

export interface RfcCase {
  id: string
  alg?: string
  jwk?: Jwk
  compact?: string
  /** Seconds since the epoch. */
  clock?: number
  thumbprintS256?: string
  expect: string
}

export interface CookbookCase {
  id: string
  title: string
  alg?: string | string[]
  payload?: string
  jwk?: Jwk
  publicJwk?: Jwk | Jwk[]
  privateJwk?: Jwk | Jwk[]
  compact?: string
  json?: unknown
  json_flat?: unknown
  /** RS, ES and PS signatures are not all the same each time. */
  reproducible?: boolean
  expectAsJwt?: string
}

export interface JweCase {
  id: string
  token: string
}

export interface JsonCase {
  name: string
  b64url: string
  json: 'valid' | 'invalid' | 'implementation-defined'
}

interface File<Case> {
  cases: Case[]
}

/** The files of the folder that `VECTORS_DIR` names, read where they are. */
export function readVectors(folder: string) {
  const read = <T>(name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T
  return {
    jws: read<File<JwsCase> & { keys: Record<string, Jwk> }>('wycheproof-jws.json'),
    jwk: read<File<JwkCase>>('wycheproof-jwk.json').cases,
    rfc: read<File<RfcCase>>('rfc-examples.json').cases,
    cookbook: read<File<CookbookCase>>('jose-cookbook.json').cases,
    jwe: read<File<JweCase>>('jwe-where-jws-expected.json').cases,
    json: read<File<JsonCase>>('json-parsing.json').cases,
  }
}
