import { JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { prepareOnce, SqlSessionStore } from '@nest-jwt-auth/sql'
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely'
import Sqlite from 'libsql'
import { createPool } from 'mysql2'
import { Pool } from 'pg'
import { itemsController } from '../requests/items.controller.mjs'

/** Each request with a token asks a SQL database whether its session lives. */
export function prepare({ secret, engine, setting }) {
  return {
    imports: [
      JwtAuthModule.forRoot({
        secret,
        sessions: { timeout: '10s' },
        ...(engine
          ? { sessionStore: { useFactory: () => storeOf(engine, setting) } }
          : { refreshToken: false }),
      }),
    ],
    controllers: [itemsController(JwtGuard)],
  }
}

export function storeOf(engine, { url, options, file }) {
  const dialects = {
    PostgreSQL: () => new PostgresDialect({ pool: new Pool({ connectionString: url, options }) }),
    MariaDB: () => new MysqlDialect({ pool: createPool({ uri: url }) }),
    SQLite: () => new SqliteDialect({ database: prepareOnce(new Sqlite(file, { timeout: 5000 })) }),
  }
  return new SqlSessionStore({ db: new Kysely({ dialect: dialects[engine]() }) })
}
