import { createHmac, randomUUID } from 'node:crypto'
import { CommandError } from '../command.js'
import { secretKindOf } from '../keys/algorithms.js'
import type { MintOptions } from './mint.js'

interface Input {
  readonly sub: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly secret: Buffer
  readonly algorithm: string
  readonly options: MintOptions
}

const RESERVED = ['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti', 'sid', 'auth_time', 'act', 'cnf']
const SECONDS_IN: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** An access token as an app with this secret issues it (RFC 9068 section 2.1, RFC 7515 section 5.1). */
export function mintBySecret({ sub, claims, secret, algorithm, options }: Input): string {
  const { audience, issuer, session, app } = options
  if (session) throw new CommandError('--session needs the app. Leave out the secret.')
  if (app !== undefined) throw new CommandError('Give either --app or a secret.')
  const reserved = RESERVED.find((name) => Object.hasOwn(claims, name))
  if (reserved !== undefined) {
    throw new CommandError(`--claims must not set ${reserved}: it is set by this command and its options.`)
  }
  const iat = Math.floor(Date.now() / 1000)
  const registered = {
    iss: issuer,
    sub,
    aud: audience,
    iat,
    exp: iat + secondsOf(options['expires-in'] ?? '15m'),
    jti: randomUUID(),
  }
  const header = { alg: algorithm, kid: kidOf(algorithm, secret), typ: 'at+jwt' }
  const input = `${encode(header)}.${encode({ ...claims, ...registered })}`
  const { hash } = secretKindOf(algorithm)
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`
}

/** The default `kid` of a secret in `@nest-jwt-auth/core`, which says nothing about the secret. */
function kidOf(algorithm: string, secret: Buffer): string {
  return createHmac('sha256', secret).update(`kid of ${algorithm}`).digest('base64url').slice(0, 22)
}

/** Throws a `CommandError` that names `--expires-in`. */
export function secondsOf(duration: string): number {
  const [, amount, unit = ''] = /^(\d{1,9})(s|m|h|d|w)$/.exec(duration) ?? []
  const seconds = Number(amount) * (SECONDS_IN[unit] ?? NaN)
  if (seconds >= 1) return seconds
  throw new CommandError('--expires-in must be a whole number with a unit: 30s, 15m, 12h, 30d.')
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
