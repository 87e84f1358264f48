import { withoutPasswords } from '../app/error-stack.js'

/** What an error says, in one line, with its code. Of an `AggregateError`: its first error. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorText(error.errors[0])
  if (!(error instanceof Error)) return 'an error without a message'
  const code = codeOf(error)
  const line = withoutPasswords(error.message.split('\n', 1)[0] ?? '').replace(/\.$/, '')
  if (code === undefined || line.includes(code)) return line === '' ? error.name : line
  return line === '' ? code : `${line} (${code})`
}

/** The code of an error, or of what it was caused by. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return error.errors.map(codeOf).find((code) => code !== undefined)
  if (!(error instanceof Error)) return undefined
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? code : codeOf(error.cause)
}
