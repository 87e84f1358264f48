import { Migrator, sql } from 'kysely'
import type { Database } from './database.js'
import { migrations } from './migrations/index.js'

/** Brings the tables up to date, under a lock: several processes may start at once. */
export async function migrate(database: Database): Promise<void> {
  // Named outright, so that a shop in a schema of its own does not take another shop's tables for its own.
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(database)
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: rows[0]?.schema ?? 'public',
  })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
