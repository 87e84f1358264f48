import { type KeyDocument, KeyStore, type ReplaceKeysInput, type StoreReport } from '@nest-jwt-auth/core'
import { Database, type SqlDatabase } from './database.js'
import { migrate } from './migrate.js'
import { report } from './report.js'
import type { Whole } from './session-record.js'
import { sql, type Statement } from './statement.js'

/** Options of `SqlKeyStore`. */
export interface SqlKeyStoreOptions {
  /** A Kysely instance for PostgreSQL, MySQL, MariaDB, SQLite or PGlite, on the primary. It is never closed. */
  readonly db: SqlDatabase
}

/** There is one document, in one row. */
const ID = 'keys'

/**
 * The keys of `keyRotation` in one row of the table `jwt_auth_keys`, encrypted by the core. A change is one statement.
 * Call `migrate()` before the first use; it makes the tables of `SqlSessionStore` as well.
 */
export class SqlKeyStore extends KeyStore {
  private readonly db: Database

  constructor({ db }: SqlKeyStoreOptions) {
    super()
    this.db = new Database(db)
  }

  /** Creates and upgrades the tables. Several instances may call it at the same time; it only reads if all is there. */
  async migrate(): Promise<void> {
    await migrate(this.db)
  }

  async read(): Promise<KeyDocument | undefined> {
    const [row] = await this.db.rows<{ readonly version: Whole; readonly data: string }>(
      sql`select version, data from jwt_auth_keys where id = ${ID}`,
    )
    return row && { version: Number(row.version), data: row.data }
  }

  async replace({ document, replaces }: ReplaceKeysInput): Promise<boolean> {
    const { version, data } = document
    const statement =
      replaces === undefined
        ? this.insert(version, data)
        : sql`
            update jwt_auth_keys set version = ${version}, data = ${data}
            where id = ${ID} and version = ${replaces}`
    return (await this.db.change(statement)) === 1
  }

  override report(): Promise<StoreReport> {
    return report(this.db)
  }

  private insert(version: number, data: string): Statement {
    return this.db.dialect === 'mysql'
      ? sql`insert ignore into jwt_auth_keys (id, version, data) values (${ID}, ${version}, ${data})`
      : sql`
          insert into jwt_auth_keys (id, version, data) values (${ID}, ${version}, ${data})
          on conflict (id) do nothing`
  }
}
