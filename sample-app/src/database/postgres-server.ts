import type { PostgresPool } from 'kysely'
import { Pool } from 'pg'
import { tellOutages } from './database-unavailable.js'

const PATIENCE = 5000 // milliseconds; then a request is answered 503 rather than kept waiting

export function postgresServer(connectionString: string): PostgresPool {
  return tellOutages(
    new Pool({
      connectionString,
      connectionTimeoutMillis: PATIENCE,
      query_timeout: PATIENCE,
      statement_timeout: PATIENCE,
    }),
  )
}
