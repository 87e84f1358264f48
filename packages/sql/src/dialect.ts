import { MysqlAdapter, PostgresAdapter, SqliteAdapter } from 'kysely'

/** PGlite is PostgreSQL, MariaDB is MySQL. */
export type Dialect = 'postgresql' | 'mysql' | 'sqlite'

const ADAPTERS = { postgresql: PostgresAdapter, mysql: MysqlAdapter, sqlite: SqliteAdapter } as const
const DIALECTS = Object.keys(ADAPTERS) as readonly Dialect[]

/** What a Kysely instance speaks, by its dialect's adapter. */
export function dialectOf(adapter: object): Dialect {
  const dialect = DIALECTS.find((name) => isOf(adapter, ADAPTERS[name]))
  if (dialect !== undefined) return dialect
  throw new TypeError(
    `SqlSessionStore knows PostgreSQL, MySQL, MariaDB, SQLite and PGlite, but not what ${adapter.constructor.name} ` +
      'stands for. A dialect for one of these must have an adapter that extends PostgresAdapter, MysqlAdapter or ' +
      'SqliteAdapter of kysely.',
  )
}

/** A CommonJS app loads kysely's other build, whose classes are other ones with the same names. */
function isOf(adapter: object, wanted: { readonly name: string; readonly prototype: object }): boolean {
  for (
    let type: unknown = adapter;
    typeof type === 'object' && type !== null;
    type = Object.getPrototypeOf(type)
  ) {
    if (type === wanted.prototype || type.constructor.name === wanted.name) return true
  }
  return false
}
