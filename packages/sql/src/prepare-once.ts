import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** How many statements are kept. */
const MOST = 200

/**
 * A connection of `better-sqlite3` or `libsql` for the `SqliteDialect` of Kysely, on which each statement is prepared once.
 * Kysely prepares it for each call, which takes longer than to run it.
 *
 * Keeps the 200 statements that were used last. One that failed is prepared anew, and each `stream()` has its own.
 */
export function prepareOnce(database: SqliteDatabase): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>()

  function prepare(text: string): SqliteStatement {
    const statement = database.prepare(text)
    const orForget = <Result>(call: () => Result): Result => {
      try {
        return call()
      } catch (error) {
        // It may still hold what it had locked, until it is collected.
        kept.delete(text)
        throw error
      }
    }
    return {
      reader: statement.reader,
      all: (parameters) => orForget(() => statement.all(parameters)),
      run: (parameters) => orForget(() => statement.run(parameters)),
      iterate: (parameters) => database.prepare(text).iterate(parameters),
    }
  }

  return {
    prepare: (text) => {
      const statement = kept.get(text) ?? prepare(text)
      // A Map keeps the order of insertion: the first is the one that was not used for longest.
      kept.delete(text)
      kept.set(text, statement)
      if (kept.size > MOST) kept.delete(kept.keys().next().value ?? '')
      return statement
    },
    close: () => {
      kept.clear()
      database.close()
    },
  }
}
