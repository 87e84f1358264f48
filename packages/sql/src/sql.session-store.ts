import {
  type Lookup,
  type LookupResult,
  type Rotation,
  type RotationOutcome,
  type SessionRecord,
  SessionStore,
  standingOf,
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

  async open(session: SessionRecord, max: number | undefined, now: number): Promise<void> {
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

  async lookUp({ subject, sessionId, jti }: Lookup, now: number): Promise<LookupResult> {
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
      epoch: undefined,
    }
  }

  async rotate(rotation: Rotation, now: number): Promise<RotationOutcome> {
    const { subject, sessionId, presented, reuseGrace, patience } = rotation
    const began = performance.now()
    const rotated = await this.db.change(rotateSession(rotation, now))
    if (rotated === 1) return { kind: 'rotated' }

    const { session } = await this.lookUp({ subject, sessionId }, now)
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

  async end(sessionId: string, subject: string | undefined, now: number): Promise<boolean> {
    const ended = await this.db.change(
      subject === undefined
        ? sql`delete from jwt_auth_sessions where id = ${sessionId} and keep_until > ${now}`
        : sql`
            delete from jwt_auth_sessions
            where id = ${sessionId} and subject_key = ${keyOf(subject)} and keep_until > ${now}`,
    )
    return ended > 0
  }

  async endAll(subject: string, except: string | undefined, keepUntil: number, now: number): Promise<number> {
    const key = keyOf(subject)
    return this.db.transaction(async (run) => {
      await noteSubject(run, key, 1, keepUntil)
      await run.change(sql`delete from jwt_auth_one_time_tokens where subject_key = ${key}`)
      return run.change(sql`
        delete from jwt_auth_sessions
        where subject_key = ${key} and keep_until > ${now} and id <> ${except ?? ''}`)
    })
  }

  async list(subject: string, now: number): Promise<readonly SessionRecord[]> {
    const rows = await this.db.rows<SessionRow>(
      sql`select * from jwt_auth_sessions where subject_key = ${keyOf(subject)} and keep_until > ${now}`,
    )
    return rows.map(toRecord)
  }

  async admit(subject: string, keepUntil: number, _now: number): Promise<number> {
    return noteSubject(this.db, keyOf(subject), 0, keepUntil)
  }

  async revokeToken(jti: string, _subject: string, keepUntil: number, _now: number): Promise<void> {
    await noteRevoked(this.db, jti, keepUntil)
  }

  async addOneTimeToken(jti: string, subject: string, keepUntil: number, _now: number): Promise<void> {
    await this.db.change(sql`
      insert into jwt_auth_one_time_tokens (jti, subject_key, keep_until)
      values (${jti}, ${keyOf(subject)}, ${keepUntil})`)
  }

  async consumeOneTimeToken(jti: string, _subject: string, now: number): Promise<boolean> {
    const consumed = await this.db.change(
      sql`delete from jwt_auth_one_time_tokens where jti = ${jti} and keep_until > ${now}`,
    )
    return consumed === 1
  }

  /** In small batches, so that nothing else has to wait for long. */
  async prune(now: number): Promise<number> {
    return prune(this.db, now)
  }

  private async lookUpAlone(subject: string, jti: string | null, now: number): Promise<LookupResult> {
    const [row] = await this.db.rows<{ epoch: Whole | null; revoked: Whole | null }>(sql`
      select
        (select epoch from jwt_auth_subjects where subject_key = ${keyOf(subject)} and keep_until > ${now}) as epoch,
        (select 1 from jwt_auth_revoked_tokens where jti = ${jti} and keep_until > ${now}) as revoked`)
    const { epoch = null, revoked = null } = row ?? {}
    return {
      session: undefined,
      revoked: revoked !== null,
      epoch: epoch === null ? undefined : Number(epoch),
    }
  }
}
