import { JwtAuthUsageError } from '../errors/usage.error.js'
import { MAX_DEPTH, parseStrictObject } from '../token/strict-json.js'

/** The JSON of a header or a claims set, as every verifier here will take it. Throws a usage error with this code. */
export function toJson(
  part: Readonly<Record<string, unknown>>,
  code: 'claims_invalid' | 'header_invalid',
): string {
  const name = code === 'claims_invalid' ? 'claims' : 'header'
  if (typeof part['toJSON'] === 'function') {
    throw new JwtAuthUsageError(code, `The ${name} must be a plain object: it has a toJSON function.`)
  }
  let json: string
  try {
    json = JSON.stringify(part)
  } catch (cause) {
    throw new JwtAuthUsageError(code, `The ${name} can not be written as JSON.`, { cause })
  }
  if (bracketsIn(json) > MAX_DEPTH && parseStrictObject(Buffer.from(json)) === undefined) {
    throw new JwtAuthUsageError(code, `The ${name} may be nested ${MAX_DEPTH} levels deep.`)
  }
  return json
}

/** Enough of them that it may be too deep: counted only so far, as most tokens have two or three. */
function bracketsIn(json: string): number {
  let count = 0
  for (const bracket of ['{', '[']) {
    for (
      let at = json.indexOf(bracket);
      at !== -1 && count <= MAX_DEPTH;
      at = json.indexOf(bracket, at + 1)
    ) {
      count++
    }
  }
  return count
}
