import { isUint8Array } from 'node:util/types'
import { type FrozenObject, parseStrictObject } from '../../token/strict-json.js'
import { FetchFailure } from './fetch-failure.js'

/** In bytes, after decompression. */
const MAX_SIZE = 512 * 1024

export interface FetchedJson {
  readonly document: FrozenObject
  readonly headers: Headers
}

/**
 * One GET request for a JSON object. Throws for every status but 200, so for redirects too, for more than 512 KiB, and for
 * what is not one JSON object without duplicate member names.
 */
export async function fetchJson(
  address: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<FetchedJson> {
  const response = await fetch(address, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    credentials: 'omit',
    signal,
  })
  // A fetch of the app's own may follow redirects all the same.
  if (response.redirected || (response.status >= 300 && response.status < 400)) {
    throw new FetchFailure('the response is a redirect, and redirects are not followed')
  }
  if (response.status !== 200) throw new FetchFailure(`the response has the status ${response.status}`)
  const document = parseStrictObject(await readBody(response, signal))
  if (document === undefined) throw new FetchFailure('the response is not a valid JSON object')
  return { document, headers: response.headers }
}

/** Counts what really comes: `Content-Length` can be missing or wrong, and says nothing of the decompressed size. */
async function readBody({ body }: Response, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    signal.throwIfAborted()
    // A fetch of the app's own can bring anything.
    if (!isUint8Array(chunk)) throw new FetchFailure('the response has no readable body')
    size += chunk.byteLength
    if (size > MAX_SIZE) throw new FetchFailure('the response is larger than 512 KiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
