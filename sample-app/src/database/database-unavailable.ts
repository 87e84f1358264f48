import { Logger, ServiceUnavailableException } from '@nestjs/common'
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { codeOf } from '../errors.js'

/** The database cannot be reached or is not ready. Nothing is wrong with the request, and a retry may succeed. */
export class DatabaseUnavailable extends ServiceUnavailableException {
  constructor(cause: unknown) {
    super('The database is unavailable. Try again shortly.', { cause })
  }
}

/** Connection exceptions, lack of resources, and a server that is stopping or starting (PostgreSQL's appendix A). */
const OUTAGE = /^(08|53|57P0)/

/** An error that PostgreSQL reports for a statement stays as it is; any other means that it was not reached. */
function outage(error: unknown): unknown {
  const answered = 'severity' in Object(error) && !OUTAGE.test(codeOf(error) ?? '')
  return answered ? error : new DatabaseUnavailable(error)
}

/** The same pool, but outages are `DatabaseUnavailable`. A connection that failed is dropped, not used again. */
export function reportOutages(pool: Pool): PostgresPool {
  // The server closed an idle connection: the next request opens another.
  pool.on('error', (error) => new Logger('Database').warn(error.message))
  // The pool does not listen to a connection that is in use. Its query fails too, and reports it.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return {
    connect: async () => reportOutagesOf(await pool.connect().catch(throwOutage)),
    end: () => pool.end(),
  }
}

function reportOutagesOf(client: PoolClient): PostgresPoolClient {
  const inner: PostgresPoolClient = client
  let broken = false
  const failed = (error: unknown): never => {
    const reported = outage(error)
    broken ||= reported instanceof DatabaseUnavailable
    throw reported
  }
  function query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query(statement: string | PostgresCursor<unknown>, parameters: readonly unknown[] = []) {
    return typeof statement === 'string'
      ? inner.query(statement, parameters).catch(failed)
      : inner.query(statement)
  }
  return { query, release: () => client.release(broken) }
}

function throwOutage(error: unknown): never {
  throw outage(error)
}
