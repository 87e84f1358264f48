import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { prepareOnce } from '@nest-jwt-auth/sql'
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely'
import Sqlite from 'libsql'
import { createPool } from 'mysql2'
import { Pool } from 'pg'

const DATA = '{"metadata":{"device":"Firefox on Linux","address":"203.0.113.7"},"claims":{}}'
const KEEP = 253_402_300_799_000
const name = `jwt_auth_bench_${process.pid}`

/** Sessions of nobody, so that the table is as large as it is to be. `i` numbers them, `key` and `id` are random. */
const ballast = ({ id, key, text, numbers }) => `
  insert into jwt_auth_sessions
  select ${id}, ${key}, ${text}, 1, 1, 1, null, ${KEEP}, ${id}, 1, 1, null, null, '${DATA}' from ${numbers}`

/** Each: an instance of Kysely, the driver alone (`bare`: how many rows), and what a database has of its own. */
export const engines = {
  async PostgreSQL() {
    const url = process.env.TEST_DATABASE_URL || 'postgres://postgres@127.0.0.1:5432/test'
    const admin = new Pool({ connectionString: url, max: 1 })
    await admin.query(`create schema ${name}`)
    const options = `-c search_path=${name}`
    return {
      ...onPool(() => new Pool({ connectionString: url, options })),
      setting: { url, options },
      fill: (count) =>
        postgresBallast(count, (text) =>
          admin.query(`set search_path = ${name}; ${text}; analyze jwt_auth_sessions`),
        ),
      size: async () => Number((await admin.query(postgresSize)).rows[0].size),
      drop: async () => {
        await admin.query(`drop schema ${name} cascade`)
        await admin.end()
      },
    }
  },
  async MariaDB() {
    const url = process.env.TEST_MYSQL_URL || 'mysql://root@127.0.0.1:3306/test'
    const admin = createPool({ uri: url, connectionLimit: 1 }).promise()
    await admin.query(`create database ${name}`)
    const uri = new URL(url)
    uri.pathname = name
    const pool = createPool({ uri: uri.href })
    const query = (statement, values) =>
      new Promise((resolve, reject) => {
        pool.query(statement, values, (error, answer) => (error ? reject(error) : resolve(answer)))
      })
    const text = {
      id: `md5(concat(seq, rand(), '${name}'))`,
      key: `left(sha2(concat(seq, rand()), 256), 43)`,
      text: `concat('"', seq, '"')`,
    }
    return {
      connect: (log) =>
        new Kysely({ log, dialect: new MysqlDialect({ pool: createPool({ uri: uri.href }) }) }),
      bare: async (statement, values) => {
        const answer = await query(statement, values)
        return answer.affectedRows ?? answer.length
      },
      setting: { url: uri.href },
      fill: (count) => query(ballast({ ...text, numbers: `seq_1_to_${count}` })),
      size: async () => {
        await query('analyze table jwt_auth_sessions')
        const [row] = await query(
          `select data_length + index_length as size from information_schema.tables
           where table_schema = '${name}' and table_name = 'jwt_auth_sessions'`,
        )
        return Number(row.size)
      },
      drop: async () => {
        pool.end()
        await admin.query(`drop database ${name}`)
        await admin.end()
      },
    }
  },
  async SQLite() {
    const folder = mkdtempSync(join(tmpdir(), 'nest-jwt-auth-bench-'))
    const file = join(folder, 'sessions.db')
    const open = () => {
      const database = new Sqlite(file, { timeout: 5000 })
      database.pragma('journal_mode = wal')
      return database
    }
    const bare = open()
    const prepared = new Map()
    return {
      connect: (log) => new Kysely({ log, dialect: new SqliteDialect({ database: prepareOnce(open()) }) }),
      bare: (text, values) => {
        if (!prepared.has(text)) prepared.set(text, bare.prepare(text))
        const statement = prepared.get(text)
        return statement.reader ? statement.all(values).length : statement.run(values).changes
      },
      setting: { file },
      fill: (count) => {
        const numbers = `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count}) select i from n)`
        const random = { id: 'lower(hex(randomblob(16)))', key: `substr(hex(randomblob(22)), 2)` }
        bare.exec(ballast({ ...random, text: `'"' || i || '"'`, numbers }))
      },
      size: () => {
        bare.pragma('wal_checkpoint(truncate)')
        return statSync(file).size
      },
      drop: () => {
        bare.close()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
  async PGlite() {
    const lite = await PGlite.create()
    const pool = new Pool(createPgConfig(lite))
    const shared = { connect: () => pool.connect(), end: async () => {} }
    return {
      connect: (log) => new Kysely({ log, dialect: new PostgresDialect({ pool: shared }) }),
      bare: async (text, values) => (await pool.query(text, values)).rowCount,
      fill: (count) => postgresBallast(count, (text) => pool.query(text)),
      size: async () => Number((await pool.query(postgresSize)).rows[0].size),
      drop: async () => {
        await pool.end()
        await lite.close()
      },
    }
  },
}

const postgresSize = `select pg_total_relation_size('jwt_auth_sessions') as size`

function postgresBallast(count, run) {
  const random = {
    id: 'gen_random_uuid()::text',
    key: `substr(encode(sha256(gen_random_uuid()::text::bytea), 'hex'), 1, 43)`,
    text: `'"' || i || '"'`,
  }
  return run(ballast({ ...random, numbers: `generate_series(1, ${count}) as i` }))
}

function onPool(open) {
  const bare = open()
  return {
    connect: (log) => new Kysely({ log, dialect: new PostgresDialect({ pool: open() }) }),
    bare: async (text, values) => (await bare.query(text, values)).rowCount,
    close: () => bare.end(),
  }
}
