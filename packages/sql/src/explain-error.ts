/** The errors for a missing table or column: codes of PostgreSQL and MySQL, messages of SQLite. */
const CODES: ReadonlySet<unknown> = new Set(['42P01', '42703', 'ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR'])
const MESSAGES = /no such table|no such column|has no column/

/** The codes of SQLite where another connection has held the file for too long. */
const BUSY = /^SQLITE_BUSY/

/** For an error that the app's setup causes, returns one that says what to do. Returns any other unchanged. */
export function explainError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const advice = adviceFor(error)
  if (advice === undefined) return error
  return new Error(`${advice} Error of the database: ${error.message}`, { cause: error })
}

function adviceFor(error: Error): string | undefined {
  const code = String(Reflect.get(error, 'code'))
  if (CODES.has(code) || MESSAGES.test(error.message)) {
    return (
      'The tables of SqlSessionStore and SqlKeyStore are missing, or older than this version. Call `await store.migrate()` before ' +
      'the app starts, or run the SQL files of the package.'
    )
  }
  if (BUSY.test(code)) {
    return (
      'Another connection holds the SQLite file. Set a busy time-out where the app opens it, such as ' +
      '`new Sqlite(file, { timeout: 5000 })`, and use one connection per process.'
    )
  }
  return undefined
}
