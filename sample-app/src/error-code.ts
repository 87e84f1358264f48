/** The `code` of a system's or a database's error: `ENOENT`, `EADDRINUSE`, an SQLSTATE. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = Object(error).code
  return typeof code === 'string' ? code : undefined
}
