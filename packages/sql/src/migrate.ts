import type { Database, Runner } from './database.js'
import type { Whole } from './session-record.js'
import { migrationsFor, noteMigration } from './schema.js'
import { sql, Statement } from './statement.js'

/** Runs the missing migrations, in one instance at a time. If none is missing, it only reads. */
export async function migrate(db: Database): Promise<void> {
  const wanted = migrationsFor(db.dialect).length
  if ((await versionOf(db)) >= wanted) return
  await inTurn(db, async (run) => {
    const done = await versionOf(run)
    for (const [index, statements] of migrationsFor(db.dialect).entries()) {
      if (index < done) continue
      for (const statement of [...statements, noteMigration(index + 1)]) {
        await run.change(new Statement([statement], []))
      }
    }
  })
}

const VERSION_TABLE = {
  // Not to_regclass, whose answer may be older than the lock that was waited for.
  postgresql: sql`
    select 1 as there from pg_catalog.pg_class
    where relname = 'jwt_auth_schema' and pg_catalog.pg_table_is_visible(oid)`,
  mysql: sql`
    select 1 as there from information_schema.tables
    where table_schema = database() and table_name = 'jwt_auth_schema'`,
  sqlite: sql`select 1 as there from sqlite_master where type = 'table' and name = 'jwt_auth_schema'`,
} as const

/** How many migrations have been run; it only reads. */
export async function versionOf(run: Runner): Promise<number> {
  if ((await run.rows(VERSION_TABLE[run.dialect])).length === 0) return 0
  const [row] = await run.rows<{ version: Whole | null }>(
    sql`select max(version) as version from jwt_auth_schema`,
  )
  return Number(row?.version ?? 0)
}

const LOCK = 'jwt_auth_schema'
const LOCK_TIMEOUT = 60 // seconds

/** Prevents other instances from migrating until `work` is done. */
function inTurn(db: Database, work: (run: Runner) => Promise<void>): Promise<void> {
  switch (db.dialect) {
    case 'postgresql':
      return db.transaction(async (run) => {
        await run.rows(sql`select pg_advisory_xact_lock(hashtext(${LOCK}))`)
        await work(run)
      })
    case 'mysql':
      return db.reserve(async (run) => {
        const [lock] = await run.rows<{ taken: Whole | null }>(
          sql`select get_lock(concat(${LOCK}, md5(database())), ${LOCK_TIMEOUT}) as taken`,
        )
        if (Number(lock?.taken) !== 1)
          throw new Error('Another instance has held the lock for migrations for a minute. Try again later.')
        try {
          await work(run)
        } finally {
          await run.rows(sql`select release_lock(concat(${LOCK}, md5(database())))`)
        }
      })
    case 'sqlite':
      return db.reserve(async (run) => {
        await run.change(sql`begin immediate`)
        try {
          await work(run)
          await run.change(sql`commit`)
        } catch (error) {
          await run.change(sql`rollback`)
          throw error
        }
      })
  }
}
