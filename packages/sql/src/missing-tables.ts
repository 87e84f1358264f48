/** The errors for a missing table or column: codes of PostgreSQL and MySQL, messages of SQLite. */
const CODES: ReadonlySet<unknown> = new Set(['42P01', '42703', 'ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR'])
const MESSAGES = /no such table|no such column|has no column/

/** For an error about tables that `migrate()` creates, returns one that says so. Returns any other unchanged. */
export function explainMissingTables(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const isAboutTables = CODES.has(Reflect.get(error, 'code')) || MESSAGES.test(error.message)
  if (!isAboutTables) return error
  return new Error(
    'The tables of SqlSessionStore and SqlKeyStore are missing, or older than this version. Call `await store.migrate()` before the ' +
      `app starts, or run the SQL files of the package. Error of the database: ${error.message}`,
    { cause: error },
  )
}
