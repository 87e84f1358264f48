import type { KeyFinder } from '../keys/key-ring.js'
import type { Clock } from '../time/clock.js'
import { issuerList } from './issuer-list.js'
import type { IssuerOptions } from './issuer-options.js'
import { fetchFrom } from './key-sets/fetch-key-set.js'
import { FixedKeySet } from './key-sets/fixed-key-set.js'
import { RemoteKeySet } from './key-sets/remote-key-set.js'

/** The keys of one entry of the option `issuers`. */
export interface IssuerKeys {
  /**
   * The keys that may verify tokens of this `iss`. `find` looks in memory only, and may start a refresh in the
   * background. `fetchKey` fetches the keys from the issuer if that is allowed now, and searches again. It throws
   * `token_signature_invalid`, or `keys_unavailable` while the keys cannot be fetched.
   */
  of(iss: string): Required<KeyFinder>
  /** Ends all fetches and timers. Keys that are known can still be found. */
  close(): void
}

export interface IssuerKeyPorts {
  readonly clock: Clock
  /** Logs one line when an outage begins, and one about keys that cannot be used. */
  readonly warn: (line: string) => void
  /** Logs one line when an outage is over. */
  readonly log: (line: string) => void
  /**
   * How long one fetch may take, metadata and keys together, in milliseconds.
   *
   * @default 5000
   */
  readonly timeout?: number
}

const DEFAULT_TIMEOUT = 5000

/** Fetches nothing before the first token comes. The options must have been checked by `findKeyProblems`. */
export function makeIssuerKeys(options: IssuerOptions, ports: IssuerKeyPorts): IssuerKeys {
  const issuers = issuerList(options.issuer)
  const rules = { issuers, algorithms: options.algorithms }
  if (options.keys !== undefined) return new FixedKeySet(options.keys, rules, ports)
  return new RemoteKeySet(fetchFrom(options, issuers), rules, { timeout: DEFAULT_TIMEOUT, ...ports })
}
