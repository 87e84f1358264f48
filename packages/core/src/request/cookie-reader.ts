import type { TokenKind } from '../token/token-kind.js'

/** Reads the values of one cookie from `Cookie` headers: at most `most` of them. The default of 2 shows a repetition. */
export type CookieReader = (headers: readonly string[], most?: number) => readonly string[]

/** The readers of the cookies that carry tokens. No other cookie is read. */
export type CookieReaders = Readonly<Record<TokenKind, CookieReader>>

/**
 * Makes a reader for the cookie with exactly this name. Values are as they were sent: nothing is decoded or unquoted
 * (RFC 6265 section 5.4). It searches for the name, because a client can fill a header with thousands of separators,
 * and its time is linear in the length of the headers, whatever they hold.
 */
export function cookieReader(name: string): CookieReader {
  const start = `${name.replaceAll(/[^\w-]/g, String.raw`\$&`)}=`
  // The name comes first, so that the rest is tried only where the name is. Before it only blanks and tabs are skipped:
  // with any other white space, a name that browsers do not protect could pass for `__Host-…`.
  const pair = new RegExp(String.raw`${start}(?<=(?:^|;)[ \t]*${start})[^;]*`, 'g')
  return (headers, most = 2) => {
    const values: string[] = []
    for (const header of headers) {
      pair.lastIndex = 0
      for (let found = pair.exec(header); found !== null && values.length < most; found = pair.exec(header)) {
        values.push(withoutTrailingBlanks(found[0].slice(name.length + 1)))
      }
    }
    return values
  }
}

/** By index, because an expression for trailing blanks takes time that grows with the square of their number. */
function withoutTrailingBlanks(value: string): string {
  let end = value.length
  while (isBlank(value.charCodeAt(end - 1))) end--
  return value.slice(0, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
