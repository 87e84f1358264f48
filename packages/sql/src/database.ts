import { CompiledQuery, type QueryResult } from 'kysely'
import { settle } from './conflicts.js'
import { type Dialect, dialectOf } from './dialect.js'
import type { Statement } from './statement.js'

interface Connection {
  executeQuery<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>>
}

interface Scope {
  execute<T>(work: (connection: Connection) => Promise<T>): Promise<T>
}

/** What of a `Kysely` instance is used. Any instance will do, whatever tables it knows, from either build of kysely. */
export interface SqlDatabase {
  /** Plug-ins would change names and values that are the store's own. */
  withoutPlugins(): Connection & {
    connection(): Scope
    transaction(): Scope & { setIsolationLevel(level: 'read committed'): Scope }
  }
  getExecutor(): { readonly adapter: object }
}

/** Runs statements on one connection, or on any where there is no transaction. */
export class Runner {
  constructor(
    private readonly connection: Connection,
    readonly dialect: Dialect,
  ) {}

  async rows<Row>(statement: Statement): Promise<readonly Row[]> {
    const { rows } = await this.connection.executeQuery(this.compile<Row>(statement))
    return rows
  }

  /** Answers how many rows were changed. */
  async change(statement: Statement): Promise<number> {
    const { numAffectedRows } = await this.connection.executeQuery(this.compile(statement))
    return Number(numAffectedRows ?? 0)
  }

  private compile<Row>(statement: Statement): CompiledQuery<Row> {
    const { text, values } = statement.in(this.dialect)
    return CompiledQuery.raw(text, values)
  }
}

/** The app's database, which is never closed here. What lost to another statement or transaction is run again. */
export class Database extends Runner {
  private readonly db: ReturnType<SqlDatabase['withoutPlugins']>

  constructor(db: SqlDatabase) {
    const plain = db.withoutPlugins()
    super(plain, dialectOf(db.getExecutor().adapter))
    this.db = plain
  }

  override rows<Row>(statement: Statement): Promise<readonly Row[]> {
    return settle(() => super.rows<Row>(statement))
  }

  override change(statement: Statement): Promise<number> {
    return settle(() => super.change(statement))
  }

  /** All of it as a whole, or not at all. */
  transaction<T>(work: (run: Runner) => Promise<T>): Promise<T> {
    const begin = this.db.transaction()
    // What waits for a lock is to see what was done meanwhile. Elsewhere statements that change rows always do.
    const scope = this.dialect === 'postgresql' ? begin.setIsolationLevel('read committed') : begin
    return settle(() => scope.execute((connection) => work(new Runner(connection, this.dialect))))
  }

  /** All of it on one connection. */
  reserve<T>(work: (run: Runner) => Promise<T>): Promise<T> {
    return this.db.connection().execute((connection) => work(new Runner(connection, this.dialect)))
  }
}
