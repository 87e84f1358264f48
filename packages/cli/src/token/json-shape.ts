/** What the library accepts in a token. */
export const MAX_DEPTH = 32

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/** What JSON.parse does not tell about a text in JSON. */
export interface JsonShape {
  /** How deeply its objects and arrays are nested. */
  readonly depth: number
  /** How many members its objects have together, as written: those of equal names, too. */
  readonly members: number
}

/** Looks at the bytes of valid JSON: in UTF-8 these characters are never part of another. */
export function shapeOf(json: Uint8Array): JsonShape {
  const shape = { depth: 0, members: 0 }
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const char = json[at]
    if (char === QUOTE) at = endOfString(json, at)
    else if (char === COLON) shape.members++
    else if (char === 0x7b || char === 0x5b) shape.depth = Math.max(shape.depth, ++depth)
    else if (char === 0x7d || char === 0x5d) depth--
  }
  return shape
}

/** How many members are left when JSON.parse has kept the last of equal names. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner: unknown[] = Object.values(value)
  const own = Array.isArray(value) ? 0 : inner.length
  return inner.reduce<number>((count, one) => count + countMembers(one), own)
}

function endOfString(json: Uint8Array, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at
}
