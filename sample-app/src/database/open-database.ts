import { PostgresDialect } from 'kysely'
import { codeOf } from '../error-code.js'
import type { Settings } from '../settings.js'
import { StartError } from '../start.error.js'
import { Database } from './database.js'
import { DatabaseUnavailable } from './database-unavailable.js'
import { embeddedPostgres } from './embedded-postgres.js'
import { migrate } from './migrate.js'
import { postgresServer } from './postgres-server.js'

/** The server that `DATABASE_URL` names, or the embedded database: from here on there is no difference. */
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

/** No server, no such database, or not for this user: the message says it all. */
function explain(error: unknown): unknown {
  const reason = error instanceof DatabaseUnavailable ? error.cause : error
  if (reason === error && !/^(28|3D|42501)/.test(codeOf(error) ?? '')) return error
  const message = reason instanceof Error && reason.message !== '' ? reason.message : codeOf(reason)
  return new StartError(`The database cannot be opened: ${message}`)
}
