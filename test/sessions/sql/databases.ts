import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import {
  type Dialect,
  Kysely,
  type LogConfig,
  MysqlDialect,
  PostgresDialect,
  type SqliteDatabase,
  SqliteDialect,
} from 'kysely'
import Sqlite from 'libsql'
import { createPool, type PoolOptions } from 'mysql2'
import { Pool, type PoolConfig } from 'pg'

/** What a test knows of the tables: nothing. */
export type AnyTables = Record<string, Record<string, unknown>>

/** A place that was made for one test and is gone after it. */
export interface Scratch {
  /** Another instance of the app, with connections of its own. Closed with the rest. */
  connect(log?: LogConfig): Kysely<AnyTables>
  drop(): Promise<void>
}

const newName = () => `jwt_auth_${randomBytes(6).toString('hex')}`

function scratch(dialect: () => Dialect, drop: () => Promise<unknown>): Scratch {
  const open: Kysely<AnyTables>[] = []
  return {
    connect: (log = []) => {
      const db = new Kysely<AnyTables>({ dialect: dialect(), log })
      open.push(db)
      return db
    },
    drop: async () => {
      for (const db of open) await db.destroy()
      await drop()
    },
  }
}

/** A schema of its own; `options` lead a connection there. `settings` are the server's, for each connection. */
export async function onPostgres(
  url: string,
  settings: Record<string, string> = {},
  config: PoolConfig = {},
): Promise<Scratch & { options: string }> {
  const schema = newName()
  const admin = new Pool({ connectionString: url, max: 1 })
  await admin.query(`create schema ${schema}`)
  // No test pulls the plug: what a commit has written need not be on the disk.
  const all = Object.entries({ search_path: schema, synchronous_commit: 'off', ...settings })
  const options = all.map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`).join(' ')
  const dialect = () => new PostgresDialect({ pool: new Pool({ connectionString: url, options, ...config }) })
  const drop = async () => {
    await admin.query(`drop schema ${schema} cascade`)
    await admin.end()
  }
  return { ...scratch(dialect, drop), options }
}

/** A database of its own. Each connection begins with `setup`. */
export async function onMysql(
  url: string,
  setup: readonly string[] = [],
  config: PoolOptions = {},
): Promise<Scratch> {
  const database = newName()
  const admin = createPool({ uri: url, connectionLimit: 1 }).promise()
  // A default that would be wrong for ids and texts alike.
  await admin.query(`create database ${database} character set latin1 collate latin1_german2_ci`)
  const uri = new URL(url)
  uri.pathname = database
  return scratch(
    () => {
      const pool = createPool({ uri: uri.href, ...config })
      pool.on('connection', (connection) => {
        for (const statement of setup) connection.query(statement)
      })
      return new MysqlDialect({ pool })
    },
    async () => {
      await admin.query(`drop database ${database}`)
      await admin.end()
    },
  )
}

/** A file of its own, at `file`. */
export async function onSqlite(
  prepared = (database: SqliteDatabase) => database,
): Promise<Scratch & { file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-sqlite-'))
  const file = join(folder, 'sessions.db')
  const open = () => {
    const database = new Sqlite(file)
    database.pragma('journal_mode = wal')
    database.pragma('synchronous = off')
    return new SqliteDialect({ database: prepared(database) })
  }
  return { ...scratch(open, () => rm(folder, { recursive: true, force: true })), file }
}

/** PostgreSQL in this process: a schema of its own on the one connection that it has. */
export async function onPglite(lite: PGlite): Promise<Scratch> {
  const schema = newName()
  const pool = new Pool(createPgConfig(lite))
  await pool.query(`create schema ${schema}`)
  await pool.query(`set search_path = ${schema}`)
  const shared = { connect: () => pool.connect(), end: () => Promise.resolve() }
  return scratch(
    () => new PostgresDialect({ pool: shared }),
    async () => {
      await pool.query(`drop schema ${schema} cascade`)
      await pool.end()
    },
  )
}
