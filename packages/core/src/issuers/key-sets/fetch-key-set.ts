import type { FrozenObject } from '../../token/strict-json.js'
import type { IssuerOptions } from '../issuer-options.js'
import { cacheLifetime } from './cache-lifetime.js'
import { discoverableIssuer, jwksAddressOf, metadataAddresses } from './discovery.js'
import { asFetchFailure, FetchFailure } from './fetch-failure.js'
import { fetchJson } from './fetch-json.js'

export interface FetchedKeySet {
  readonly document: FrozenObject
  /** For how many milliseconds it is fresh. */
  readonly lifetime: number
}

/** Fetches the document with the keys, and before it the metadata if there is discovery. */
export type FetchKeySet = (signal: AbortSignal) => Promise<FetchedKeySet>

export function fetchFrom(options: IssuerOptions, issuers: readonly string[]): FetchKeySet {
  const get = (address: string, signal: AbortSignal) =>
    fetchJson(address, options.fetch ?? globalThis.fetch, signal)
  return async (signal) => {
    const address = options.jwksUrl ?? (await discover(signal))
    const { document, headers } = await get(address, signal)
    return { document, lifetime: cacheLifetime(headers) }
  }

  async function discover(signal: AbortSignal): Promise<string> {
    const { discovery = true } = options
    const issuer = discoverableIssuer(issuers)
    const found = issuer === undefined ? [] : metadataAddresses(issuer)
    const failures: string[] = []
    for (const address of discovery === true ? found : [discovery]) {
      try {
        const { document } = await get(address, signal)
        return jwksAddressOf(document, issuers, address)
      } catch (error) {
        // If nothing is at the first address, or something else, the metadata may be at the next.
        failures.push(asFetchFailure(error).message)
      }
    }
    throw new FetchFailure(`no metadata was found (${[...new Set(failures)].join('; ')})`)
  }
}
