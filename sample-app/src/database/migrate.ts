import { Migrator, sql } from 'kysely'
import type { Database } from './database.js'
import { migrations } from './migrations/index.js'

/** Brings the tables up to date, under a lock, since several processes may start at the same time. */
export async function migrate(database: Database): Promise<void> {
  // Set explicitly, so that a shop in its own schema does not use the tables of another shop.
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(database)
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: rows[0]?.schema ?? 'public',
  })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
