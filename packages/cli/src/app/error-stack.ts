/**
 * The stack of an error of the app, and of what caused it. Not its members, which may hold what it was about, such as a
 * header; and without passwords.
 */
export function errorStack(error: unknown, depth = 0): string {
  // A cause may lead back to its error.
  if (depth > MAX_CAUSES) return '…'
  if (error instanceof AggregateError) return error.errors.map((one) => errorStack(one, depth + 1)).join('\n')
  if (!(error instanceof Error)) return 'an error without a message'
  const own = withoutPasswords(error.stack ?? error.message)
  return error.cause === undefined ? own : `${own}\nCaused by: ${errorStack(error.cause, depth + 1)}`
}

const MAX_CAUSES = 10

/** The message of whatever was thrown or logged, without passwords. */
export function errorMessage(error: unknown): string {
  return withoutPasswords(error instanceof Error ? error.message : String(error))
}

/** Drivers quote the address of a database, with its password. */
export function withoutPasswords(text: string): string {
  return text
    .replaceAll(/(\w+:\/\/[^\s:@/]*:)\S+@/g, '$1…@')
    .replaceAll(/\b(password|passwd|pwd)=[^;&\s]+/gi, '$1=…')
}
