import { encodePart, forgeToken } from '../support/forge.js'
import { NOW } from '../legacy-tokens/former-app.js'

/** An input as a request: a letter that chooses the app, a method and a path, then a header a line. */
export interface FuzzedRequest {
  readonly choice: number
  readonly method: string
  readonly path: string
  /** Header lines in Latin-1, with the tokens in the place of the words that stand for them. */
  readonly lines: readonly string[]
}

export const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export function readRequest(
  input: Buffer,
  paths: readonly string[],
  words: Record<string, string>,
): FuzzedRequest {
  const [first = '', ...rest] = input.toString('latin1').split(/[\r\n]+/)
  const [choice = '', method = '', path = ''] = first.split(' ')
  const [known = '/', query] = path.split('?', 2)
  const filled = (text: string) => text.replaceAll(/\$[A-Z]+/g, (word) => words[word] ?? word)
  return {
    choice: choice.codePointAt(0) ?? 0,
    method: METHODS.find((name) => name === method) ?? 'GET',
    path:
      (paths.includes(known) ? known : (paths[0] ?? '/')) + (query === undefined ? '' : `?${filled(query)}`),
    lines: rest.filter((line) => line !== '').map(filled),
  }
}

/** The request as it goes over the wire, with no body. */
export function bytesOf({ method, path, lines }: FuzzedRequest): Buffer {
  const length = method === 'GET' || method === 'HEAD' ? [] : ['Content-Length: 0']
  const own = [`${method} ${path} HTTP/1.1`, 'Host: shop.example', 'Connection: close', ...length]
  return Buffer.from([...own, ...lines, '', ''].join('\r\n'), 'latin1')
}

/** The values sent under a name, as RFC 9110 section 5.5 has them. */
export function valuesOf({ lines }: FuzzedRequest, name: string): string[] {
  return lines
    .filter((line) => line.toLowerCase().startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).replaceAll(/^[ \t]+|[ \t]+$/g, ''))
}

const header = { alg: 'HS256', kid: 'own', typ: 'at+jwt' }
const claims = { sub: 'ada', jti: 'a', iat: NOW, exp: NOW + 900 }

/** Tokens, by the words that stand for them in an input. */
export const TOKENS = {
  $ADA: forgeToken(header, claims),
  $BEN: forgeToken(header, { ...claims, sub: 'ben' }),
  $OLD: forgeToken(header, { ...claims, iat: NOW - 900, exp: NOW - 100 }),
  $NONE: `${encodePart({ ...header, alg: 'none' })}.${encodePart(claims)}.`,
}
