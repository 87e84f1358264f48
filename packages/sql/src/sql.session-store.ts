import {
  type KeepGenerationInput,
  type ConsumeInput,
  type EndAllInput,
  type EndInput,
  type ListInput,
  type LookUpInput,
  type LookUpResult,
  type LookUpTokensInput,
  type LookUpTokensResult,
  type OpenInput,
  type PruneInput,
  type RotateInput,
  type RotateResult,
  type SessionRecord,
  SessionStore,
  type StoreReport,
  type TokenInput,
} from '@nest-jwt-auth/core'
import { Changes, type ListeningClient } from './changes.js'
import { endUnused } from './end-unused.js'
import { exchange } from './exchange.js'
import { Database, type SqlDatabase } from './database.js'
import { migrate } from './migrate.js'
import { prune } from './prune.js'
import { report } from './report.js'
import { type GraceClock, rotate } from './rotation.js'
import { insertSession, type SessionRow, toRecord, type Whole } from './session-record.js'
import { sql } from './statement.js'
import { lookUpTokens } from './look-up-tokens.js'
import { subjectKey } from './subject-key.js'
import { noteRevoked, noteSubject } from './upserts.js'

/** Options of `SqlSessionStore`. */
export interface SqlSessionStoreOptions {
  /** A Kysely instance for PostgreSQL, MySQL, MariaDB, SQLite or PGlite. It is never closed. */
  readonly db: SqlDatabase
  /**
   * Which clock decides over `refreshToken.reuseGrace`: the database's (`'own'`, the default), so that instances whose
   * clocks differ agree; or the app's `Clock` (`'given'`), for tests that move it.
   */
  readonly clock?: 'own' | 'given' | undefined
  /**
   * PostgreSQL only: creates a connection on which this process is notified (LISTEN) of what other processes end, for open
   * connections and `maxStaleness`: `() => new Client({ connectionString })` of `pg`. Set it on all instances, because it
   * also makes each of them notify the others. The store connects it, replaces it when it is lost, and ends it when the
   * app closes. It must not go through a pooler that shares connections between transactions. Default: no notifications.
   */
  readonly listenWith?: (() => ListeningClient) | undefined
}

/**
 * Sessions in tables of a SQL database, `jwt_auth_…`, in the default schema of the connections of `db`. Every change is
 * one statement, or a transaction that first locks the subject's row, and is correct under the database's default
 * isolation and any stricter one. Call `migrate()` before the first use, and `prune()` from time to time.
 */
export class SqlSessionStore extends SessionStore {
  private readonly db: Database
  private readonly clock: GraceClock
  private readonly changes: Changes

  /** Throws a TypeError for `listenWith` on a database other than PostgreSQL. */
  constructor({ db, clock = 'own', listenWith }: SqlSessionStoreOptions) {
    super()
    this.db = new Database(db)
    this.clock = clock
    if (listenWith !== undefined && this.db.dialect !== 'postgresql') {
      throw new TypeError(
        '`listenWith` of a SqlSessionStore needs PostgreSQL. Leave it out on other databases.',
      )
    }
    this.changes = new Changes(listenWith)
  }

  /** Creates and upgrades the tables. Several instances may call it at the same time; it only reads if all is there. */
  async migrate(): Promise<void> {
    await migrate(this.db)
  }

  async open({ session, max, exchanged, now }: OpenInput): Promise<boolean> {
    if (max === undefined && exchanged === undefined) {
      await this.db.change(insertSession(session))
      return true
    }
    const key = subjectKey(session.subject)
    return this.db.transaction(async (run) => {
      const generation = await noteSubject(run, key, 0, session.keepUntil)
      if (exchanged !== undefined && !(await exchange(run, exchanged, generation, now))) return false
      await run.change(insertSession(session))
      const ended = max === undefined ? 0 : await endUnused(run, key, session.id, max, now)
      if (ended > 0 || exchanged !== undefined) await this.changes.notify(run, session.subject)
      return true
    })
  }

  async lookUp(input: LookUpInput): Promise<LookUpResult> {
    const { subject, sessionId, jti = null, forRefresh, now } = input
    if (sessionId === undefined) return this.lookUpAlone(subject, jti, now)
    const [row] = await this.db.rows<SessionRow & { revoked: Whole | null }>(sql`
      select kept.*, database_time() as database_time,
        (select 1 from jwt_auth_revoked_tokens where jti = ${jti} and keep_until > ${now}) as revoked
      from jwt_auth_sessions as kept where id = ${sessionId} and keep_until > ${now}`)
    const session = row && toRecord(row)
    return {
      session: session?.subject === subject ? session : undefined,
      revoked: row !== undefined && row.revoked !== null,
      generation: undefined,
      time: forRefresh && row && this.clock === 'own' ? Number(row.database_time) : undefined,
    }
  }

  lookUpTokens(input: LookUpTokensInput): Promise<LookUpTokensResult> {
    return lookUpTokens(this.db, input)
  }

  async rotate(input: RotateInput): Promise<RotateResult> {
    return rotate(this.db, input, this.clock, this.changes)
  }

  async end({ sessionId, subject, now }: EndInput): Promise<boolean> {
    const key = subject === undefined ? {} : { key: subjectKey(subject) }
    return (await this.changes.endSession(this.db, sessionId, { ...key, now })) > 0
  }

  async endAll({ subject, except, keepUntil, now }: EndAllInput): Promise<number> {
    const key = subjectKey(subject)
    return this.db.transaction(async (run) => {
      await noteSubject(run, key, 1, keepUntil)
      await run.change(sql`delete from jwt_auth_one_time_tokens where subject_key = ${key}`)
      await this.changes.notify(run, subject)
      return run.change(sql`
        delete from jwt_auth_sessions
        where subject_key = ${key} and keep_until > ${now} and id <> ${except ?? ''}`)
    })
  }

  async list({ subject, now }: ListInput): Promise<readonly SessionRecord[]> {
    const rows = await this.db.rows<SessionRow>(
      sql`select * from jwt_auth_sessions where subject_key = ${subjectKey(subject)} and keep_until > ${now}`,
    )
    return rows.map(toRecord)
  }

  async keepGeneration({ subject, keepUntil }: KeepGenerationInput): Promise<number> {
    return noteSubject(this.db, subjectKey(subject), 0, keepUntil)
  }

  async revokeToken({ jti, subject, keepUntil }: TokenInput): Promise<void> {
    if (!this.changes.areShared) return noteRevoked(this.db, jti, keepUntil)
    await this.db.transaction(async (run) => {
      await noteRevoked(run, jti, keepUntil)
      await this.changes.notify(run, subject)
    })
  }

  async addOneTimeToken({ jti, subject, keepUntil }: TokenInput): Promise<void> {
    await this.db.change(sql`
      insert into jwt_auth_one_time_tokens (jti, subject_key, keep_until)
      values (${jti}, ${subjectKey(subject)}, ${keepUntil})`)
  }

  async consumeOneTimeToken({ jti, now }: ConsumeInput): Promise<boolean> {
    const consumed = await this.db.change(
      sql`delete from jwt_auth_one_time_tokens where jti = ${jti} and keep_until > ${now}`,
    )
    return consumed === 1
  }

  /** In small batches, so that other statements do not wait for long. */
  async prune({ now }: PruneInput): Promise<number> {
    return prune(this.db, now)
  }

  /** By LISTEN of PostgreSQL, where the store has `listenWith`. */
  override watch(forget: (subject: string | undefined) => void): (() => void) | undefined {
    return this.changes.listen(forget)
  }

  override report(): Promise<StoreReport> {
    return report(this.db)
  }

  private async lookUpAlone(subject: string, jti: string | null, now: number): Promise<LookUpResult> {
    const [row] = await this.db.rows<{ generation: Whole | null; revoked: Whole | null }>(sql`
      select
        (select generation from jwt_auth_subjects where subject_key = ${subjectKey(subject)} and keep_until > ${now}) as generation,
        (select 1 from jwt_auth_revoked_tokens where jti = ${jti} and keep_until > ${now}) as revoked`)
    const { generation = null, revoked = null } = row ?? {}
    return {
      session: undefined,
      revoked: revoked !== null,
      generation: generation === null ? undefined : Number(generation),
    }
  }
}
