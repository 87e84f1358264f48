import { type PostgresPool, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { embeddedPostgres } from '../dev/embedded-postgres.js'
import { codeOf, StartError } from '../errors.js'
import type { Settings } from '../settings.js'
import { Database } from './database.js'
import { DatabaseUnavailable, reportOutages } from './database-unavailable.js'
import { migrate } from './migrate.js'

const TIMEOUT = 5000 // milliseconds; then a request is answered 503 instead of waiting

/** Opens the server that `DATABASE_URL` names, or the embedded database. The rest of the app sees no difference. */
export async function openDatabase({ databaseUrl, dataDir }: Settings): Promise<Database> {
  const pool = databaseUrl === undefined ? await embeddedPostgres(dataDir) : postgresServer(databaseUrl)
  const database = new Database({ dialect: new PostgresDialect({ pool }) })
  try {
    await migrate(database)
  } catch (error) {
    await database.destroy()
    throw explain(error)
  }
  return database
}

function postgresServer(connectionString: string): PostgresPool {
  return reportOutages(
    new Pool({
      connectionString,
      connectionTimeoutMillis: TIMEOUT,
      query_timeout: TIMEOUT,
      statement_timeout: TIMEOUT,
    }),
  )
}

/** No server, no such database, or no permission: the message is enough, and a stack would only hide it. */
function explain(error: unknown): unknown {
  const reason = error instanceof DatabaseUnavailable ? error.cause : error
  if (reason === error && !/^(28|3D|42501)/.test(codeOf(error) ?? '')) return error
  const message = reason instanceof Error && reason.message !== '' ? reason.message : codeOf(reason)
  return new StartError(`The database cannot be opened: ${message}`)
}
