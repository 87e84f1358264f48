import {
  type AdmitInput,
  type ConsumeInput,
  type EndAllInput,
  type EndInput,
  type ListInput,
  type LookUpInput,
  type LookUpResult,
  type OpenInput,
  type PruneInput,
  type RotateInput,
  type RotateResult,
  type SessionRecord,
  SessionStore,
  standingOf,
  type TokenInput,
} from '@nest-jwt-auth/core'
import { endUnused } from './end-unused.js'
import { Database, type SqlDatabase } from './database.js'
import { migrate } from './migrate.js'
import { prune } from './prune.js'
import { insertSession, keyOf, rotateSession, type SessionRow, toRecord, type Whole } from './session-row.js'
import { sql } from './statement.js'
import { noteRevoked, noteSubject } from './upserts.js'

export interface SqlSessionStoreOptions {
  /** A Kysely instance for PostgreSQL, MySQL, MariaDB, SQLite or PGlite. It is never closed. */
  readonly db: SqlDatabase
}

/**
 * Sessions in tables of a SQL database, `jwt_auth_…`, in the schema that the connections of `db` are in. Every change is
 * one statement, or a transaction that begins by locking the subject's row, and is right under the database's default
 * isolation and any stricter one. Call `migrate()` before the first use, and `prune()` now and then.
 */
export class SqlSessionStore extends SessionStore {
  private readonly db: Database

  constructor({ db }: SqlSessionStoreOptions) {
    super()
    this.db = new Database(db)
  }

  /** Makes and upgrades the tables. Safe where several instances start at once; does nothing where all is there. */
  async migrate(): Promise<void> {
    await migrate(this.db)
  }

  async open({ session, max, now }: OpenInput): Promise<void> {
    if (max === undefined) {
      await this.db.change(insertSession(session))
      return
    }
    const key = keyOf(session.subject)
    await this.db.transaction(async (run) => {
      await noteSubject(run, key, 0, session.keepUntil)
      await run.change(insertSession(session))
      await endUnused(run, key, session.id, max, now)
    })
  }

  async lookUp({ subject, sessionId, jti, now }: LookUpInput): Promise<LookUpResult> {
    if (sessionId === undefined) return this.lookUpAlone(subject, jti ?? null, now)
    const [row] = await this.db.rows<SessionRow & { revoked?: Whole | null }>(
      jti === undefined
        ? sql`select * from jwt_auth_sessions where id = ${sessionId} and keep_until > ${now}`
        : sql`
            select kept.*,
              (select 1 from jwt_auth_revoked_tokens where jti = ${jti} and keep_until > ${now}) as revoked
            from jwt_auth_sessions as kept where id = ${sessionId} and keep_until > ${now}`,
    )
    const session = row && toRecord(row)
    return {
      session: session?.subject === subject ? session : undefined,
      revoked: (row?.revoked ?? null) !== null,
      generation: undefined,
    }
  }

  async rotate(input: RotateInput): Promise<RotateResult> {
    const { subject, sessionId, presented, reuseGrace, patience, now } = input
    const began = performance.now()
    const rotated = await this.db.change(rotateSession(input))
    if (rotated === 1) return { kind: 'rotated' }

    const { session } = await this.lookUp({ subject, sessionId, now })
    if (session === undefined) return { kind: 'gone' }
    switch (standingOf(session, presented, now, reuseGrace)) {
      case 'parent':
        return { kind: 'repeated', successor: session.current }
      case 'reused':
        // Who was told 503 may have come again meanwhile, so that the token was spent by nobody else.
        if (performance.now() - began > patience) throw new Error('The database came to a rotation too late.')
        // What was spent stays spent, so it does not matter what has become of the session since it was read.
        await this.db.change(sql`delete from jwt_auth_sessions where id = ${sessionId}`)
        return { kind: 'reused' }
      case 'current':
        throw new Error('The database does not read what it has written: is this a replica?')
    }
  }

  async end({ sessionId, subject, now }: EndInput): Promise<boolean> {
    const ended = await this.db.change(
      subject === undefined
        ? sql`delete from jwt_auth_sessions where id = ${sessionId} and keep_until > ${now}`
        : sql`
            delete from jwt_auth_sessions
            where id = ${sessionId} and subject_key = ${keyOf(subject)} and keep_until > ${now}`,
    )
    return ended > 0
  }

  async endAll({ subject, except, keepUntil, now }: EndAllInput): Promise<number> {
    const key = keyOf(subject)
    return this.db.transaction(async (run) => {
      await noteSubject(run, key, 1, keepUntil)
      await run.change(sql`delete from jwt_auth_one_time_tokens where subject_key = ${key}`)
      return run.change(sql`
        delete from jwt_auth_sessions
        where subject_key = ${key} and keep_until > ${now} and id <> ${except ?? ''}`)
    })
  }

  async list({ subject, now }: ListInput): Promise<readonly SessionRecord[]> {
    const rows = await this.db.rows<SessionRow>(
      sql`select * from jwt_auth_sessions where subject_key = ${keyOf(subject)} and keep_until > ${now}`,
    )
    return rows.map(toRecord)
  }

  async admit({ subject, keepUntil }: AdmitInput): Promise<number> {
    return noteSubject(this.db, keyOf(subject), 0, keepUntil)
  }

  async revokeToken({ jti, keepUntil }: TokenInput): Promise<void> {
    await noteRevoked(this.db, jti, keepUntil)
  }

  async addOneTimeToken({ jti, subject, keepUntil }: TokenInput): Promise<void> {
    await this.db.change(sql`
      insert into jwt_auth_one_time_tokens (jti, subject_key, keep_until)
      values (${jti}, ${keyOf(subject)}, ${keepUntil})`)
  }

  async consumeOneTimeToken({ jti, now }: ConsumeInput): Promise<boolean> {
    const consumed = await this.db.change(
      sql`delete from jwt_auth_one_time_tokens where jti = ${jti} and keep_until > ${now}`,
    )
    return consumed === 1
  }

  /** In small batches, so that nothing else has to wait for long. */
  async prune({ now }: PruneInput): Promise<number> {
    return prune(this.db, now)
  }

  private async lookUpAlone(subject: string, jti: string | null, now: number): Promise<LookUpResult> {
    const [row] = await this.db.rows<{ generation: Whole | null; revoked: Whole | null }>(sql`
      select
        (select generation from jwt_auth_subjects where subject_key = ${keyOf(subject)} and keep_until > ${now}) as generation,
        (select 1 from jwt_auth_revoked_tokens where jti = ${jti} and keep_until > ${now}) as revoked`)
    const { generation = null, revoked = null } = row ?? {}
    return {
      session: undefined,
      revoked: revoked !== null,
      generation: generation === null ? undefined : Number(generation),
    }
  }
}
