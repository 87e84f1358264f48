import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery } from 'kysely'
import { types } from 'pg'
import { describeWith } from '../../support/services.js'
import { opened, use } from './a-session.js'
import { onPostgres } from './databases.js'
import { describeLocks, describeMax } from './describe-locks.js'
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
  describeLocks(() => onPostgres(url, {}, { max: 1 }))
  describeMax(
    () => onPostgres(url),
    'select count(*) as count from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))',
  )

  it('prune waits for nobody, and leaves a generation that is kept for longer meanwhile', async () => {
    // Where it waits, it is refused.
    const scratch = await onPostgres(url, { lock_timeout: '1s' })
    const [store, other] = [new SqlSessionStore({ db: scratch.connect() }), scratch.connect()]
    await store.migrate()
    const generation = await store.keepGeneration({ subject: 'ada', keepUntil: 10, now: 1 })
    for (const subject of ['bob', 'eve']) await store.keepGeneration({ subject, keepUntil: 10, now: 1 })
    const removed = await other.transaction().execute(async (transaction) => {
      await new SqlSessionStore({ db: transaction }).keepGeneration({
        subject: 'ada',
        keepUntil: 30,
        now: 10,
      })
      return store.prune({ now: 20 })
    })
    expect(removed).toBe(2)
    expect((await store.lookUp({ subject: 'ada', now: 20 })).generation).toBe(generation)
    await scratch.drop()
  })

  it('a rotation that waited too long ends no session that went on meanwhile', async () => {
    const scratch = await onPostgres(url)
    const db = scratch.connect()
    const store = new SqlSessionStore({ db })
    await store.migrate()
    const { id: sessionId, subject, current } = await opened(store)

    const { time = 0 } = await store.lookUp({ subject, sessionId, forRefresh: true, now: 1 })
    const waited = await db.transaction().execute(async (transaction) => {
      await use(new SqlSessionStore({ db: transaction }), current.jti, 'second')
      const late = use(store, current.jti, 'third', { deadline: time + 100 }).then(
        () => undefined,
        (error: Error) => error.message,
      )
      await setTimeout(500)
      return { late }
    })
    expect(await waited.late).toMatch(/after its deadline/)
    expect(await use(store, 'second', 'fourth')).toEqual({ kind: 'rotated' })
    expect(await use(store, 'second', 'fifth')).toEqual({ kind: 'reused' })
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
        expect((await store.keepGeneration({ subject: 'ada', keepUntil: 2, now: 1 })) % 2 ** 20).toBe(0)
        await connection.executeQuery(CompiledQuery.raw('reset role'))
      })
    } finally {
      await run(`drop owned by ${role}`)
      await run(`drop role ${role}`)
      await scratch.drop()
    }
  })
})
