import type { Answer } from './http.js'

const errors = new Map([
  [401, 'invalid_token'],
  [403, 'insufficient_scope'],
])

/** For `toMatchObject`: what every refusal with this code looks like from outside. */
export function refused(status: number, errorCode: string) {
  return { status, body: { statusCode: status, errorCode } }
}

export interface Challenge {
  scheme: string
  parameters: Record<string, string>
}

/** The one challenge of an answer, parsed. */
export function challengeOf(answer: Answer): Challenge | undefined {
  const text = answer.headers['www-authenticate']
  if (text === undefined) return undefined
  const [scheme = ''] = text.split(' ', 1)
  const pairs = [...text.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)]
  return { scheme, parameters: Object.fromEntries(pairs.map(([, name, value]) => [name, value])) }
}

/** The challenge `error` of a refusal with this status, by RFC 6750. */
export function challengeErrorFor(status: number): string | undefined {
  return errors.get(status)
}
