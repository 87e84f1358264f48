/** A start that cannot succeed for a reason that its message explains in full: no stack is printed. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The `code` of a system or database error: `ENOENT`, `EADDRINUSE`, an SQLSTATE. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = Object(error).code
  return typeof code === 'string' ? code : undefined
}
