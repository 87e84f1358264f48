import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import type { PostgresPool } from 'kysely'
import { Pool } from 'pg'
import { reportOutages } from '../database/database-unavailable.js'
import { lockFolder } from './lock-folder.js'

/**
 * A database without a server: PGlite is PostgreSQL compiled to WebAssembly, and behind a `pg.Pool` it looks like a
 * server that accepts one connection.
 */
export async function embeddedPostgres(dataDir: string): Promise<PostgresPool> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const unlock = lockFolder(dataDir)
  const postgres = await PGlite.create(join(dataDir, 'database'))
  const pool = reportOutages(
    new Pool(
      Object.assign(createPgConfig(postgres), {
        idleTimeoutMillis: 0, // the one connection stays open
        connectionTimeoutMillis: 10_000, // a query beside an open transaction would otherwise wait for ever
      }),
    ),
  )
  return {
    connect: () => pool.connect(),
    end: async () => {
      await pool.end()
      await postgres.close()
      unlock()
    },
  }
}
