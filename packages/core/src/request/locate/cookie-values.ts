import type { TokenKind } from '../../token/token-kind.js'

/** The names of the cookies that carry tokens. Only these are ever read. */
export type CookieNames = Readonly<Record<TokenKind, string>>

/** Every value of the cookies with this name (RFC 6265 section 5.4), as it was sent: nothing is decoded or unquoted. */
export function cookieValues(headers: readonly string[], name: string): string[] {
  return headers
    .flatMap((header) => header.split(';'))
    .map(withoutBlanks)
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}

/**
 * Blank and tab alone: with any more white space taken off, a name that is not `__Host-…` could become one. By index,
 * because an expression for trailing blanks takes time that grows with the square of their number.
 */
function withoutBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
