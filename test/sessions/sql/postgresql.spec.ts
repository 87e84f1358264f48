import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import type { SessionRecord } from '@nest-jwt-auth/core'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery } from 'kysely'
import { types } from 'pg'
import { describeWith } from '../../support/services.js'
import { onPostgres } from './databases.js'
import { describePromises, parallel } from './describe-sql-store.js'
import { describeStarts } from './describe-starts.js'
import { describeTables } from './describe-tables.js'

describeWith('postgres', 'SqlSessionStore on PostgreSQL', (url) => {
  describePromises('keeps what a store promises', () => onPostgres(url))

  describe.each(['repeatable read', 'serializable'])('where the default isolation is %s', (isolation) => {
    const make = () => onPostgres(url, { default_transaction_isolation: isolation })
    describePromises('keeps what a store promises', make, parallel)
  })

  describePromises(
    'takes a bigint from the driver',
    () =>
      onPostgres(
        url,
        {},
        { types: { getTypeParser: (id) => (id === types.builtins.INT8 ? BigInt : String) } },
      ),
    /^(times|data|generation|max)/,
  )

  describeTables('postgresql.sql', () => onPostgres(url))
  describeStarts(() => onPostgres(url))

  it('rotate that had to wait for long ends no session that went on meanwhile', async () => {
    const scratch = await onPostgres(url)
    const db = scratch.connect()
    const store = new SqlSessionStore({ db })
    await store.migrate()
    const session = await opened(store)
    const use = (by: SqlSessionStore, presented: string, jti: string, at: number) =>
      by.rotate({
        ...session,
        sessionId: session.id,
        presented,
        successor: newToken(jti),
        reuseGrace: 0,
        patience: 1000,
        now: at,
      })

    const waited = await db.transaction().execute(async (transaction) => {
      const inside = new SqlSessionStore({ db: transaction })
      await use(inside, session.current.jti, 'second', 2)
      const late = use(store, session.current.jti, 'third', 1).then(
        () => undefined,
        (error: Error) => error.message,
      )
      await setTimeout(1200)
      return { late }
    })
    expect(await waited.late).toBe('The database came to a rotation too late.')
    expect(await use(store, 'second', 'fourth', 3)).toEqual({ kind: 'rotated' })
    expect(await use(store, 'second', 'fifth', 3)).toEqual({ kind: 'reused' })
    await scratch.drop()
  })

  it('migrate needs no right to create where the tables are there', async () => {
    const scratch = await onPostgres(url)
    const db = scratch.connect()
    const run = (text: string) => db.executeQuery<{ name: string }>(CompiledQuery.raw(text))
    await new SqlSessionStore({ db }).migrate()
    const { rows } = await run('select current_schema() as name')
    const role = `${rows[0]?.name}_app`
    await run(`create role ${role}`)
    try {
      await run(`grant usage on schema ${rows[0]?.name} to ${role}`)
      await run(`grant select, insert, update, delete on all tables in schema ${rows[0]?.name} to ${role}`)
      await db.connection().execute(async (connection) => {
        await connection.executeQuery(CompiledQuery.raw(`set role ${role}`))
        const store = new SqlSessionStore({ db: connection })
        await store.migrate()
        expect((await store.admit({ subject: 'ada', keepUntil: 2, now: 1 })) % 2 ** 20).toBe(0)
        await connection.executeQuery(CompiledQuery.raw('reset role'))
      })
    } finally {
      await run(`drop owned by ${role}`)
      await run(`drop role ${role}`)
      await scratch.drop()
    }
  })
})

const newToken = (jti: string) => ({ jti, iat: 0, exp: 1000 })

async function opened(store: SqlSessionStore): Promise<SessionRecord> {
  const session = {
    id: 'session',
    subject: 'ada',
    createdAt: 0,
    lastUsedAt: 0,
    authTime: 0,
    endsAt: undefined,
    current: newToken('first'),
    parent: undefined,
    keepUntil: 1_000_000,
    data: '{}',
  }
  await store.open({ session, now: 0 })
  return session
}
