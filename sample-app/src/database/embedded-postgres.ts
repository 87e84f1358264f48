import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import type { PostgresPool } from 'kysely'
import { Pool } from 'pg'
import { tellOutages } from './database-unavailable.js'
import { lockFolder } from './lock-folder.js'

/** PGlite is PostgreSQL compiled to WebAssembly; behind a `pg.Pool` it looks like a server with one connection. */
export async function embeddedPostgres(dataDir: string): Promise<PostgresPool> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const unlock = lockFolder(dataDir)
  const postgres = await PGlite.create(join(dataDir, 'database'))
  const pool = tellOutages(
    new Pool(
      Object.assign(createPgConfig(postgres), {
        idleTimeoutMillis: 0, // the one connection stays
        connectionTimeoutMillis: 10_000, // the wait for it: a query beside an open transaction would wait for ever
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
