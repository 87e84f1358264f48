import type { Author } from './sign-bytes.js'

/** When the tokens are made, in seconds since the epoch. */
export const NOW = Date.parse('2030-01-01T00:00:00Z') / 1000

/** A good token, and who can sign others like it. */
export interface GoodToken {
  readonly text: string
  readonly header: Record<string, unknown>
  readonly claims: Record<string, unknown>
  readonly author: Author
}

export type TokenCase = [input: string, make: (good: GoodToken) => string]

const claim =
  (name: string, value: unknown) =>
  ({ header, claims, author }: GoodToken) =>
    author.signBytes(header, { ...claims, [name]: value })
const member =
  (name: string, value: unknown) =>
  ({ header, claims, author }: GoodToken) =>
    author.signBytes({ ...header, [name]: value }, claims)
const json =
  (change: (text: string) => string) =>
  ({ header, claims, author }: GoodToken) =>
    author.signBytes(header, change(JSON.stringify(claims)))
const headerJson =
  (change: (text: string) => string) =>
  ({ header, claims, author }: GoodToken) =>
    author.signBytes(change(JSON.stringify(header)), claims)
const without =
  (name: string) =>
  ({ header, claims, author }: GoodToken) =>
    author.signBytes(header, Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name)))
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
const nextLetter = (text: string) =>
  text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1)
const exchange = (text: string, at: number, letter: string) => text.slice(0, at) + letter + text.slice(at + 1)

/** What other libraries accept. */
export const tokenCases: TokenCase[] = [
  ['padding after the signature', ({ text }) => `${text}=`],
  ['a space after the signature', ({ text }) => `${text} `],
  ['a line break inside the signature', ({ text }) => exchange(text, text.length - 9, `\n${text.at(-9)}`)],
  ['spare bits set in the last letter of the signature', ({ text }) => nextLetter(text)],
  [
    'a line break in the payload, signed',
    ({ text, author }) => author.signInput(`${text.slice(0, text.lastIndexOf('.'))}\n`),
  ],
  ['`sub` twice', json((text) => text.replace('{', '{"sub":"root",'))],
  ['`sub` twice, once written `\\u0073ub`', json((text) => text.replace(/}$/, ',"\\u0073ub":"root"}'))],
  ['`kid` twice', headerJson((text) => text.replace('{', '{"kid":"another",'))],
  ['a byte order mark before the claims', json((text) => `\uFEFF${text}`)],
  [
    'bytes in a claim that are not UTF-8',
    ({ header, claims, author }) => author.signBytes(header, latin1({ ...claims, name: '\u00e9' })),
  ],
  ['claims nested 1,500 levels deep', claim('deep', nested(1500))],
  ['a payload that is a string', ({ header, author }) => author.signBytes(header, '"root"')],
  ['a payload that is an array', ({ header, author }) => author.signBytes(header, '["root"]')],
  ['a payload that is `null`', ({ header, author }) => author.signBytes(header, 'null')],
  ['a payload that is not JSON', ({ header, author }) => author.signBytes(header, 'root')],
  ['12 KiB', claim('blob', 'b'.repeat(9000))],
  ['no `exp`', without('exp')],
  ['`exp: 1e999`', json((text) => text.replace(/"exp":\d+/, '"exp":1e999'))],
  ['`exp` after the year 9999', claim('exp', 253_402_300_800)],
  ['`nbf: -1`', claim('nbf', -1)],
  ['`iat` tomorrow', claim('iat', NOW + 86_400)],
  ['`iat` as a string', claim('iat', 'yesterday')],
  ['no `sub`', without('sub')],
  ['`sub` as a number', claim('sub', 7)],
  ['`sub` as an object', claim('sub', { $ne: null })],
  ['an empty `sub`', claim('sub', '')],
  ['`jti` as a list', claim('jti', ['a'])],
  ['no `jti`', without('jti')],
  ['`iss` as a list', claim('iss', ['a'])],
  [
    'no `kid`',
    ({ header, claims, author }) => author.signBytes({ alg: header['alg'], typ: header['typ'] }, claims),
  ],
  ['an unknown `kid`', member('kid', '../../dev/null')],
  ['`typ: JWT`', member('typ', 'JWT')],
  ['`typ: application/AT+JWT`', member('typ', 'application/AT+JWT')],
  ['`crit` with an unknown extension', member('crit', ['launch-code'])],
  ['an empty `crit`', member('crit', [])],
  ['`b64: false` without `crit`', member('b64', false)],
  ['`zip: DEF`', member('zip', 'DEF')],
  ['`cty: JWT` although the payload is not a token', member('cty', 'JWT')],
  ['`enc` in the header', member('enc', 'A256GCM')],
]

function latin1(claims: Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify(claims), 'latin1')
}
