import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** How many queries are kept. */
const MOST = 200

/** What only reads. */
const QUERY = /^\s*select\b/i

/**
 * A connection of `better-sqlite3` or `libsql` for the `SqliteDialect` of Kysely, on which each `select` is prepared once. Kysely
 * prepares it for each call, which takes longer than to run it.
 *
 * Keeps the 200 texts that were used last, and in the driver's memory the values of the last call of each. What changes
 * something is prepared for each call, and so is each `stream()`.
 */
export function prepareOnce(database: SqliteDatabase): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>()
  return {
    prepare: (text) => {
      // A statement of libsql that has failed to change a held file blocks all commits of its connection until it is collected.
      if (!QUERY.test(text)) return database.prepare(text)
      const query = kept.get(text) ?? keepable(database, text)
      // A Map keeps the order of insertion: the first is the one that was not used for longest.
      kept.delete(text)
      kept.set(text, query)
      if (kept.size > MOST) kept.delete(kept.keys().next().value ?? '')
      return query
    },
    close: () => {
      kept.clear()
      database.close()
    },
  }
}

function keepable(database: SqliteDatabase, text: string): SqliteStatement {
  const query = database.prepare(text)
  let count: number | undefined
  /** In the place of values that are missing, libsql takes those of the call before. */
  const forSoMany = ({ length }: readonly unknown[]): SqliteStatement =>
    (count ??= length) === length ? query : database.prepare(text)
  return {
    reader: query.reader,
    all: (parameters) => forSoMany(parameters).all(parameters),
    run: (parameters) => forSoMany(parameters).run(parameters),
    iterate: (parameters) => database.prepare(text).iterate(parameters),
  }
}
