import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import type { IssuerOptions } from '../../packages/core/src/issuers/issuer-options.js'
import { type IssuerKeys, makeIssuerKeys } from '../../packages/core/src/issuers/issuer-keys.js'

export const ISSUER = 'https://issuer.example'
export const KEYS_URL = `${ISSUER}/keys`

export interface StubKey {
  readonly jwk: JsonWebKey & Record<string, unknown>
  readonly privateKey: KeyObject
}

/** A new key on P-256 as an issuer publishes it. */
export function newKey(kid?: string, members: Record<string, unknown> = {}): StubKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), ...(kid === undefined ? {} : { kid }), ...members },
    privateKey,
  }
}

export type Answer = Response | Error | (() => Response | Promise<Response>)

/** An issuer without a network: what it answers by address, and what it was asked. */
export class StubIssuer {
  readonly asked: string[] = []
  readonly answers = new Map<string, Answer>()

  publish(...keys: readonly StubKey[]): void {
    this.publishDocument({ keys: keys.map(({ jwk }) => jwk) })
  }

  publishDocument(document: unknown, headers: Record<string, string> = {}, address = KEYS_URL): void {
    this.answers.set(address, () => new Response(JSON.stringify(document), { headers }))
  }

  goDown(address = KEYS_URL): void {
    this.answers.set(address, new TypeError('fetch failed'))
  }

  readonly fetch = async (address: Parameters<typeof fetch>[0]): Promise<Response> => {
    const url = address instanceof Request ? address.url : String(address)
    this.asked.push(url)
    const answer = this.answers.get(url) ?? new Response('', { status: 404 })
    if (answer instanceof Error) throw answer
    return typeof answer === 'function' ? answer() : answer
  }
}

/** Keys of an issuer as the verifier sees them, and what was logged about them. */
export class Subject {
  readonly clock = new FakeClock(Date.parse('2026-06-01T12:00:00Z'))
  readonly warnings: string[] = []
  readonly infos: string[] = []
  readonly keys: IssuerKeys

  constructor(
    readonly issuer: StubIssuer,
    options: Partial<IssuerOptions> = {},
    timeout?: number,
  ) {
    const source = 'discovery' in options || 'keys' in options ? {} : { jwksUrl: KEYS_URL }
    const base = { issuer: ISSUER, audience: 'api', algorithms: ['ES256'] as const }
    this.keys = makeIssuerKeys(
      { ...base, ...source, fetch: issuer.fetch, ...options },
      {
        clock: this.clock,
        warn: (line) => void this.warnings.push(line),
        log: (line) => void this.infos.push(line),
        ...(timeout === undefined ? {} : { timeout }),
      },
    )
  }

  /** Like the verifier: in memory first. What comes of it is the `kid` or the code of the refusal. */
  async ask(kid: string | undefined, { alg = 'ES256', iss = ISSUER } = {}): Promise<string> {
    const finder = this.keys.of(iss)
    try {
      const key = finder.find(kid, alg) ?? (await finder.fetchKey(kid, alg))
      return key.kid
    } catch (error) {
      return (error as { errorCode?: string }).errorCode ?? String(error)
    }
  }

  /** Waits until everything that was begun in the background is done. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  }
}
