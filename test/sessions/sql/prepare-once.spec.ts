import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { prepareOnce } from '@nest-jwt-auth/sql'
import { CompiledQuery, Kysely, sql, type SqliteDatabase, SqliteDialect } from 'kysely'
import Sqlite from 'libsql'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Tables {
  users: { id: number; name: string }
}

describe('prepareOnce', () => {
  /** The texts that were prepared, in order. */
  let prepared: string[]
  let closed: number
  let db: Kysely<Tables>

  beforeEach(async () => {
    const database: SqliteDatabase = new Sqlite(':memory:')
    const counting: SqliteDatabase = {
      prepare: (text) => {
        prepared.push(text)
        return database.prepare(text)
      },
      close: () => {
        closed++
        database.close()
      },
    }
    prepared = []
    closed = 0
    db = new Kysely({ dialect: new SqliteDialect({ database: prepareOnce(counting) }) })
    await sql`create table users (id integer primary key, name text not null)`.execute(db)
    prepared.length = 0
  })
  afterEach(() => db.destroy())

  const add = (id: number, name: string) => db.insertInto('users').values({ id, name }).execute()
  const nameOf = (id: number) =>
    db
      .selectFrom('users')
      .select('name')
      .where('id', '=', id)
      .executeTakeFirst()
      .then((user) => user?.name)

  const counted = (start: string) => prepared.filter((text) => text.startsWith(start)).length

  it('prepares a query once, for any values', async () => {
    await add(1, 'ada')
    await add(2, 'bob')
    expect([await nameOf(1), await nameOf(2), await nameOf(3)]).toEqual(['ada', 'bob', undefined])
    expect([counted('select'), counted('insert')]).toEqual([1, 2])
  })

  it('prepares what changes something for each call', async () => {
    for (const id of [1, 2]) {
      await db
        .transaction()
        .execute((run) => run.insertInto('users').values({ id, name: 'ada' }).returning('id').execute())
    }
    expect([counted('insert'), counted('begin'), counted('commit')]).toEqual([2, 2, 2])
  })

  it('goes on with a query that has failed', async () => {
    await nameOf(1)
    await sql`alter table users rename to people`.execute(db)
    await expect(nameOf(1)).rejects.toThrow(/no such table/)
    await sql`alter table people rename to users`.execute(db)
    await add(1, 'ada')
    expect(await nameOf(1)).toBe('ada')
    expect(counted('select')).toBe(1)
  })

  it('takes no value from the call before', async () => {
    const select = (...values: number[]) =>
      db.executeQuery(CompiledQuery.raw('select ? as first, ? as second', values)).then(({ rows }) => rows[0])
    expect(await select(1, 2)).toEqual({ first: 1, second: 2 })
    expect(await select(3)).toEqual({ first: 3, second: null })
    expect(await select(4, 5)).toEqual({ first: 4, second: 5 })
    expect(counted('select')).toBe(2)
  })

  it('sees columns that were added since', async () => {
    await add(1, 'ada')
    const all = () => db.selectFrom('users').selectAll().execute()
    expect(await all()).toEqual([{ id: 1, name: 'ada' }])
    await sql`alter table users add column age integer default 36`.execute(db)
    expect(await all()).toEqual([{ id: 1, name: 'ada', age: 36 }])
  })

  it('gives each stream a statement of its own', async () => {
    for (const id of [1, 2]) await add(id, `name ${id}`)
    const query = db.selectFrom('users').select('name').orderBy('id')
    await query.execute()
    const seen: string[] = []
    const [first, second] = [query.stream(), query.stream()]
    for (let of = 0; of < 2; of++) seen.push((await first.next()).value?.name ?? '')
    await first.return?.()
    for await (const { name } of second) seen.push(name)
    expect(seen).toEqual(['name 1', 'name 2', 'name 1', 'name 2'])
    expect(counted('select')).toBe(3)
  })

  it('keeps the 200 statements that were used last', async () => {
    const select = (number: number) => db.executeQuery(CompiledQuery.raw(`select ${number}`))
    for (let number = 1; number <= 200; number++) await select(number)
    await select(1)
    await select(201)
    prepared.length = 0
    for (const number of [1, 3, 200, 201]) await select(number)
    expect(prepared).toEqual([])
    await select(2)
    expect(prepared).toEqual(['select 2'])
  })

  it('commits what it writes after a query that found the file held, once that query was answered', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prepare-once-'))
    const [ours, holder] = [1, 2].map(() => new Sqlite(join(folder, 'a.db')))
    const patient = new Kysely<Tables>({ dialect: new SqliteDialect({ database: prepareOnce(ours!) }) })
    holder!.exec(
      "create table users (id integer primary key, name text); insert into users values (1, 'ada')",
    )
    const read = () => patient.selectFrom('users').select('name').executeTakeFirst()
    await read()

    holder!.exec('begin exclusive')
    await expect(read()).rejects.toThrow(/locked/)
    holder!.exec('commit')
    expect(await read()).toEqual({ name: 'ada' })
    await patient.updateTable('users').set({ name: 'bob' }).execute()
    holder!.exec("update users set name = name || ' b.'")
    expect(await read()).toEqual({ name: 'bob b.' })

    await patient.destroy()
    holder!.close()
    await rm(folder, { recursive: true })
  })

  it('closes the connection', async () => {
    await nameOf(1)
    await db.destroy()
    expect(closed).toBe(1)
    db = new Kysely({ dialect: new SqliteDialect({ database: new Sqlite(':memory:') }) })
  })
})
