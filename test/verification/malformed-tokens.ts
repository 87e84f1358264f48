import type { TokenCase } from '../security/token-cases.js'
import { breakSignature, encodePart, forgeToken } from '../support/forge.js'

/** Texts that are no token, and tokens that hold what none may. */
export const malformedTokens: TokenCase[] = [
  ['no segments', () => 'abc'],
  ['dots alone', () => '..'],
  ['a thousand dots', () => '.'.repeat(1000)],
  ['8,000 bytes of one segment', () => 'a'.repeat(8000)],
  [
    '9,000 bytes, signed well',
    ({ header, claims, author }) => author.signBytes(header, { ...claims, blob: 'b'.repeat(9000) }),
  ],
  ['an array as payload', ({ header, author }) => author.signBytes(header, '[{"sub":"root"}]')],
  ['null as payload', ({ header, author }) => author.signBytes(header, 'null')],
  ['a text as payload', ({ header, author }) => author.signBytes(header, '"sub"')],
  ['a number as payload', ({ header, author }) => author.signBytes(header, '7')],
  ['broken JSON as payload', ({ header, author }) => author.signBytes(header, '{"sub":')],
  ['no payload', ({ header, author }) => author.signBytes(header, '')],
  ['bytes that are no UTF-8 as payload', ({ text }) => text.replace(/\.[^.]+\./, '._wD_.')],
  ['an array as header', ({ author }) => author.signBytes([], { sub: 'root' })],
  ['null as header', ({ author }) => author.signBytes('null', { sub: 'root' })],
  ['broken JSON as header', ({ author }) => author.signBytes('{"alg"', { sub: 'root' })],
  [
    'an object as kid',
    ({ header, claims, author }) => author.signBytes({ ...header, kid: { a: 1 } }, claims),
  ],
  [
    '__proto__ as kid',
    ({ header, claims, author }) => author.signBytes({ ...header, kid: '__proto__' }, claims),
  ],
  [
    'constructor as kid',
    ({ header, claims, author }) => author.signBytes({ ...header, kid: 'constructor' }, claims),
  ],
  [
    'an object as alg',
    ({ header, claims, author }) => author.signBytes({ ...header, alg: { a: 1 } }, claims),
  ],
  [
    'an object as typ',
    ({ header, claims, author }) => author.signBytes({ ...header, typ: { a: 1 } }, claims),
  ],
  ['alg none', ({ text }) => `${encodePart({ alg: 'none', typ: 'at+jwt' })}.${text.split('.')[1]}.`],
  [
    'an own key in the header',
    ({ header, claims }) => forgeToken({ ...header, jwk: { kty: 'oct', k: 'AA' } }, claims, ''),
  ],
  [
    'an object as sub',
    ({ header, claims, author }) => author.signBytes(header, { ...claims, sub: { a: 1 } }),
  ],
  [
    'an object as exp',
    ({ header, claims, author }) => author.signBytes(header, { ...claims, exp: { valueOf: 1 } }),
  ],
  ['a list as jti', ({ header, claims, author }) => author.signBytes(header, { ...claims, jti: ['a'] })],
  ['five segments', () => 'a.b.c.d.e'],
  ['percent signs', () => '%00%ff%2e%2e'],
  ['letters outside ASCII', () => 'caf\u00e9.\u00ff.\u00a0'],
  ['a broken signature', ({ text }) => breakSignature(text)],
]
