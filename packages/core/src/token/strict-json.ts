import { isUtf8 } from 'node:buffer'

/** Deep enough for any claims set; RFC 8259 section 9 leaves the limit to the parser. */
export const MAX_DEPTH = 32

/** A JSON object, frozen all the way down. */
export type FrozenObject = Readonly<Record<string, unknown>>

/**
 * Parses a JSON object and freezes it deeply. `undefined` for anything else: invalid UTF-8, a byte order
 * mark, another JSON value, a member name twice in one object (RFC 7519 section 4), nesting deeper than 32.
 */
export function parseStrictObject(bytes: Buffer): FrozenObject | undefined {
  if (!isUtf8(bytes)) return undefined
  const members = countMembers(bytes)
  if (members === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  // JSON.parse keeps the last of two equal names, so a repeated one leaves fewer members than were written.
  return freezeAndCount(value) === members ? (value as FrozenObject) : undefined
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/**
 * How many members all objects in a JSON text have together: its colons outside strings. `undefined` if it is nested too
 * deeply. Counting bytes is correct, because in UTF-8 these characters are never part of another character.
 */
function countMembers(bytes: Buffer): number | undefined {
  let members = 0
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const char = bytes[at]
    if (char === QUOTE) {
      at = endOfString(bytes, at)
    } else if (char === COLON) {
      members++
    } else if (char === 0x7b || char === 0x5b) {
      if (++depth > MAX_DEPTH) return undefined
    } else if (char === 0x7d || char === 0x5d) {
      depth--
    }
  }
  return members
}

/** Where the string that begins at `start` ends: at its closing quote, or at the end of the text. */
function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

/** Freezes plain data and everything in it. */
export function deepFreeze<T extends object>(value: T): T {
  freezeAndCount(value)
  return value
}

function freezeAndCount(value: object): number {
  let members = 0
  if (Array.isArray(value)) {
    for (const element of value as unknown[]) {
      if (typeof element === 'object' && element !== null) members += freezeAndCount(element)
    }
  } else {
    const names = Object.keys(value)
    members = names.length
    for (const name of names) {
      const member = (value as Record<string, unknown>)[name]
      if (typeof member === 'object' && member !== null) members += freezeAndCount(member)
    }
  }
  Object.freeze(value)
  return members
}
