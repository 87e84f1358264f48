import { type AuthErrorCode, JwtAuthError } from '@nest-jwt-auth/core'
import { REFUSALS } from '../../packages/core/src/errors/refusals.js'
import type { RawAnswer } from './http-in-memory.js'

/** The code of a refusal that says what its code always says. Throws on any other error. */
export function refusalCode(error: unknown): AuthErrorCode {
  if (!(error instanceof JwtAuthError))
    throw new Error(`An error of another kind: ${String(error)}`, { cause: error })
  const code = error.errorCode as AuthErrorCode
  const { status, message } = REFUSALS[code]
  if (error.message !== message || error.getStatus() !== status)
    throw new Error(`${code} says something else.`)
  return code
}

/** What Node, Express and Fastify answer to a request that is no HTTP, or has a body that they do not read. */
const NOT_OURS = new Set([undefined, 400, 413, 415, 417, 431])

/**
 * The outcome of a request: `passed`, the code of a refusal, or `not ours` if the server refused it before the guard. Throws
 * if that is not the one that was to come.
 */
export function outcomeOf({ status, text }: RawAnswer, isAllowed: boolean, body: string): string {
  if (status !== undefined && status < 300) {
    if (!isAllowed) throw new Error('It was let through.')
    if (!text.endsWith(body)) throw new Error('It was let through as someone else.')
    return 'passed'
  }
  const [, code] = /"errorCode":"(\w+)"/.exec(text) ?? []
  if (code === undefined && NOT_OURS.has(status)) return 'not ours'
  if (status !== 401 && status !== 403) throw new Error(`The status is ${status}.`)
  if (isAllowed) throw new Error(`It was refused: ${code}.`)
  expectPlainRefusal(status, code, text)
  return code ?? 'refused'
}

/** Constant texts alone, so that nothing of a request gets into an answer. */
function expectPlainRefusal(status: number, code: string | undefined, text: string): void {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4)
  if (body === '') return
  const refusal = REFUSALS[code as AuthErrorCode]
  const error = status === 401 ? 'Unauthorized' : 'Forbidden'
  const expected = { statusCode: refusal.status, error, errorCode: code, message: refusal.message }
  if (refusal.status !== status || body !== JSON.stringify(expected))
    throw new Error(`The body is another: ${code}.`)
}
