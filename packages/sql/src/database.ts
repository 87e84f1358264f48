import { CompiledQuery, type QueryResult } from 'kysely'
import { repeatAfterConflicts } from './conflicts.js'
import { type Dialect, dialectOf } from './dialect.js'
import type { Statement } from './statement.js'

interface Connection {
  executeQuery<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>>
}

interface Scope {
  execute<T>(work: (connection: Connection) => Promise<T>): Promise<T>
}

/** The part of a `Kysely` instance that the store uses. Every instance has it, whatever its table types and whichever build of kysely made it. */
export interface SqlDatabase {
  /** The app's plugins must not change the names and values in the store's statements. */
  withoutPlugins(): Connection & {
    connection(): Scope
    transaction(): Scope & { setIsolationLevel(level: 'read committed'): Scope }
  }
  getExecutor(): { readonly adapter: object }
}

/** Runs statements: on one connection inside a transaction, otherwise on any. */
export class Runner {
  constructor(
    private readonly connection: Connection,
    readonly dialect: Dialect,
  ) {}

  async rows<Row>(statement: Statement): Promise<readonly Row[]> {
    const { rows } = await this.connection.executeQuery(this.compile<Row>(statement))
    return rows
  }

  /** Returns how many rows were changed. */
  async change(statement: Statement): Promise<number> {
    const { numAffectedRows } = await this.connection.executeQuery(this.compile(statement))
    return Number(numAffectedRows ?? 0)
  }

  private compile<Row>(statement: Statement): CompiledQuery<Row> {
    const { text, values } = statement.in(this.dialect)
    return CompiledQuery.raw(text, values)
  }
}

/** The app's database, which is never closed here. Repeats statements and transactions after a conflict with another. */
export class Database extends Runner {
  private readonly db: ReturnType<SqlDatabase['withoutPlugins']>

  constructor(db: SqlDatabase) {
    const plain = db.withoutPlugins()
    super(plain, dialectOf(db.getExecutor().adapter))
    this.db = plain
  }

  override rows<Row>(statement: Statement): Promise<readonly Row[]> {
    return repeatAfterConflicts(() => super.rows<Row>(statement))
  }

  override change(statement: Statement): Promise<number> {
    return repeatAfterConflicts(() => super.change(statement))
  }

  /** Either everything that `work` does is committed, or nothing. */
  transaction<T>(work: (run: Runner) => Promise<T>): Promise<T> {
    const begin = this.db.transaction()
    // A statement that waited for a lock must see what was committed meanwhile. In the other databases it always does.
    const scope = this.dialect === 'postgresql' ? begin.setIsolationLevel('read committed') : begin
    return repeatAfterConflicts(() =>
      scope.execute((connection) => work(new Runner(connection, this.dialect))),
    )
  }

  /** `work` runs on one connection. */
  reserve<T>(work: (run: Runner) => Promise<T>): Promise<T> {
    return this.db.connection().execute((connection) => work(new Runner(connection, this.dialect)))
  }
}
