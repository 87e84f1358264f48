import { MysqlAdapter, PostgresAdapter, SqliteAdapter } from 'kysely'

/** PGlite counts as PostgreSQL, MariaDB as MySQL. */
export type Dialect = 'postgresql' | 'mysql' | 'sqlite'

const ADAPTERS = { postgresql: PostgresAdapter, mysql: MysqlAdapter, sqlite: SqliteAdapter } as const
const DIALECTS = Object.keys(ADAPTERS) as readonly Dialect[]

/** The dialect of a Kysely instance, found by the class of its adapter. Throws a TypeError for any other. */
export function dialectOf(adapter: object): Dialect {
  const dialect = DIALECTS.find((name) => isOf(adapter, ADAPTERS[name]))
  if (dialect !== undefined) return dialect
  throw new TypeError(
    `SqlSessionStore and SqlKeyStore support PostgreSQL, MySQL, MariaDB, SQLite and PGlite, and cannot tell which of them ` +
      `${adapter.constructor.name} is for. Use a Kysely dialect whose adapter extends PostgresAdapter, MysqlAdapter ` +
      'or SqliteAdapter of kysely.',
  )
}

/** By name too: a CommonJS app loads another build of kysely, with other classes of the same names. */
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
