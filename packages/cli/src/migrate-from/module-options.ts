import type { AccessSide } from './access-side.js'
import { lastDay, readLifetime } from './durations.js'
import { quoted } from './rewrite-imports.js'
import type { Rest } from './rest.js'
import { literalOf } from './symbols.js'
import type { Node } from 'ts-morph'

/** What decides about the options of `JwtAuthModule`. */
export interface OptionsInput {
  readonly access: AccessSide
  /** How an expression of the former code is written at the place of the module. */
  readonly write: (expression: Node) => string
  readonly attachesAs: string | undefined
  /** The lifetimes that calls set, instead of the module. */
  readonly lifetimes: readonly Node[]
  readonly hadSubject: boolean
  readonly sharesSecret: boolean
  readonly env: (name: string) => string
  readonly now: Date
}

export const SECRET = 'NEST_JWT_AUTH_SECRET'
export const PRIVATE_KEY = 'NEST_JWT_AUTH_PRIVATE_KEY'

/** The members of the object that `forRoot` is given, or that the factory of `forRootAsync` returns, a line each. */
export function moduleOptions(input: OptionsInput, rest: Rest): string[] {
  const { access, write, attachesAs, env } = input
  const { expiresIn, notBefore, issuer, audience, clockTolerance, locations } = access.options
  const algorithm = access.options.algorithm ?? (isAsymmetric(access) ? 'RS256' : 'HS256')
  const string = (text: string) => quoted(text, access.place.getSourceFile())
  const accessToken = [
    expiresIn && `expiresIn: ${writtenLifetime(expiresIn, write)}`,
    notBefore && `notBefore: ${writtenLifetime(notBefore, write)}`,
  ].filter((one) => one)
  return [
    ownKey(algorithm, env, string),
    issuer && `issuer: ${write(issuer)}`,
    audience && `audience: ${write(audience)}`,
    accessToken.length > 0 && `accessToken: { ${accessToken.join(', ')} }`,
    'refreshToken: false',
    clockTolerance && `clockTolerance: ${write(clockTolerance)}`,
    locations && `locations: ${locations}`,
    attachesAs && `attachIdentityAs: ${string(attachesAs)}`,
    ...legacyTokens(input, algorithm, string, rest),
  ].filter((line) => typeof line === 'string')
}

/** Writes a string literal in the style of the file. */
type Write = (text: string) => string

const isAsymmetric = ({ options }: AccessSide) =>
  options.publicKey !== undefined || options.privateKey !== undefined

function writtenLifetime(node: Node, write: (expression: Node) => string): string {
  const { text, seconds } = readLifetime(node)
  return seconds === undefined || text === node.getText() ? write(node) : text
}

function ownKey(algorithm: string, env: OptionsInput['env'], string: Write): string {
  if (algorithm === 'HS256') return `secret: ${env(SECRET)}`
  return algorithm.startsWith('HS')
    ? `keys: [{ algorithm: ${string(algorithm)}, secret: ${env(SECRET)} ?? ${string('')} }]`
    : `keys: [{ algorithm: ${string(algorithm)}, privateKey: ${env(PRIVATE_KEY)} ?? ${string('')} }]`
}

/** Former tokens stay good, where that is possible. */
function legacyTokens(input: OptionsInput, algorithm: string, string: Write, rest: Rest): string[] {
  const { access, write, hadSubject, sharesSecret, now } = input
  const key = algorithm.startsWith('HS') ? access.signedWith : access.options.publicKey
  const lifetime = input.lifetimes[0] ?? access.options.expiresIn
  const seconds = lifetime && readLifetime(lifetime).seconds
  const problem = whyNoLegacyTokens(key, hadSubject, lifetime !== undefined, algorithm)
  if (problem !== undefined || key === undefined) {
    rest.add('todo', access.place, problem?.what ?? '', problem?.write ?? '')
    return []
  }
  if (algorithm.startsWith('HS')) adviseOnStrength(access, rest)
  adviseOnDate(access, seconds, rest)
  if (sharesSecret) adviseOnAccept(access, rest)
  return [
    [
      'legacyTokens: {',
      `  ${algorithm.startsWith('HS') ? 'secret' : 'publicKey'}: ${write(key)},`,
      `  algorithm: ${string(algorithm)},`,
      `  until: ${string(lastDay(seconds, now))},`,
      `  accept: () => ${String(!sharesSecret)},`,
      '}',
    ].join('\n'),
  ]
}

function whyNoLegacyTokens(key: Node | undefined, hadSubject: boolean, expires: boolean, algorithm: string) {
  const value = literalOf(key)
  if (typeof value === 'string' && algorithm.startsWith('HS') && Buffer.byteLength(value) < 32)
    return {
      what: 'The secret of former tokens is too short to be accepted for even a day, so users log in once more.',
      write: 'Remove it from the sources.',
    }
  if (key === undefined)
    return {
      what: 'The public key of former tokens was not found, so users log in once more.',
      write: 'Set `legacyTokens: { publicKey, algorithm, until, accept }` to keep them signed in.',
    }
  if (!hadSubject)
    return {
      what: 'Former access tokens have no `sub`, so they are refused: clients refresh, or users log in once more.',
      write:
        'To avoid it, first release the former code with `sub` in the payload, and wait until its earlier tokens have expired.',
    }
  if (!expires)
    return {
      what: 'Former tokens never expire, so they are refused, and new ones live for 15 minutes.',
      write:
        'Set `accessToken: { expiresIn }`, or add refresh tokens. To keep users signed in, first release the former code with `expiresIn`.',
    }
  return undefined
}

function adviseOnStrength({ place }: AccessSide, rest: Rest): void {
  const what =
    'The secret of former tokens must have 32 bytes or more, and must not be an example of a documentation.'
  const write =
    'Otherwise the app says so when it starts: remove `legacyTokens` then, and users log in once more.'
  rest.add('todo', place, what, write)
}

function adviseOnDate({ place }: AccessSide, seconds: number | undefined, rest: Rest): void {
  const what =
    seconds === undefined
      ? 'How long former tokens live is only known when the app runs: `legacyTokens.until` is 30 days from today.'
      : '`legacyTokens.until` is today and the lifetime of former tokens.'
  rest.add(
    'todo',
    place,
    what,
    'Set it to the day of the deployment and that lifetime, at most 90 days ahead.',
  )
}

function adviseOnAccept({ place }: AccessSide, rest: Rest): void {
  const what =
    'Access tokens have the same secret as tokens for other purposes, so `legacyTokens.accept` refuses all of them.'
  const write =
    "Return `true` for the claims that only access tokens have, such as `(claims) => claims.type === 'access'`; otherwise former access tokens end with the move."
  rest.add('todo', place, what, write)
}
