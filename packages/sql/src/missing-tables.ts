/** How databases say that a table or a column is not there: codes of PostgreSQL and MySQL, messages of SQLite. */
const CODES: ReadonlySet<unknown> = new Set(['42P01', '42703', 'ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR'])
const MESSAGES = /no such table|no such column|has no column/

/** An error about tables that `migrate()` would have made says so; any other stays as it is. */
export function explainMissingTables(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const isAboutTables = CODES.has(Reflect.get(error, 'code')) || MESSAGES.test(error.message)
  if (!isAboutTables) return error
  return new Error(
    'The tables of SqlSessionStore are missing, or older than this version. Call `await store.migrate()` before the ' +
      `app starts, or run the SQL files that the package brings. The database says: ${error.message}`,
    { cause: error },
  )
}
