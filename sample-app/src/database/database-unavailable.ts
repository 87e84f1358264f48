import { Logger, ServiceUnavailableException } from '@nestjs/common'
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { codeOf } from '../error-code.js'

/** The database cannot be reached, or is not ready: nothing is wrong with the request, and it may work in a moment. */
export class DatabaseUnavailable extends ServiceUnavailableException {
  constructor(cause: unknown) {
    super('The database is unavailable. Try again shortly.', { cause })
  }
}

/** Connection exceptions, lack of resources, and a server that is stopping or starting (PostgreSQL's appendix A). */
const OUTAGE = /^(08|53|57P0)/

/** What PostgreSQL itself says of a statement stays as it is; anything else means that it was not reached. */
function outage(error: unknown): unknown {
  const answered = 'severity' in Object(error) && !OUTAGE.test(codeOf(error) ?? '')
  return answered ? error : new DatabaseUnavailable(error)
}

/** The same pool, but for what it throws. A connection that failed is dropped, not used again. */
export function tellOutages(pool: Pool): PostgresPool {
  // An idle connection that the server closed: the next request opens another.
  pool.on('error', (error) => new Logger('Database').warn(error.message))
  return {
    connect: async () => watch(await pool.connect().catch(notReached)),
    end: () => pool.end(),
  }
}

function watch(client: PoolClient): PostgresPoolClient {
  const inner: PostgresPoolClient = client
  let broken = false
  const failed = (error: unknown): never => {
    const told = outage(error)
    broken ||= told instanceof DatabaseUnavailable
    throw told
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

function notReached(error: unknown): never {
  throw outage(error)
}
