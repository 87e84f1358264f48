import { randomUUID } from 'node:crypto'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { checkThrough, openAll, rotateThrough } from './calls.mjs'

/** The text of the statements, and where in their values the ids stand. */
export async function statementsOf(opened) {
  const seen = []
  const db = opened.connect(({ query }) => seen.push({ text: query.sql, values: query.parameters }))
  const store = new SqlSessionStore({ db })
  const [session] = await openAll(store, 1)
  const presented = session.current.jti
  await checkThrough(store, session)
  const check = seen.at(-1)
  await rotateThrough(store, session)
  const rotation = seen.at(-1)
  await db.destroy()
  const places = {
    [session.id]: 'id',
    [session.key]: 'key',
    [presented]: 'presented',
    [session.current.jti]: 'successor',
  }
  const mark = ({ text, values }) => ({
    text,
    values: values.map((value) => ({ value, place: places[value] })),
  })
  return { check: mark(check), rotation: mark(rotation) }
}

/** `run`: the driver, or Kysely on it. */
export async function checkAlone(run, { text, values }, { id }) {
  const found = await run(
    text,
    values.map(({ value, place }) => (place ? id : value)),
  )
  if (found !== 1) throw new Error('a session is gone')
}

export async function rotateAlone(run, { text, values }, session) {
  const { id, key, current } = session
  const known = { id, key, presented: current.jti, successor: randomUUID() }
  session.current = { jti: known.successor }
  const changed = await run(
    text,
    values.map(({ value, place }) => (place ? known[place] : value)),
  )
  if (changed !== 1) throw new Error('a rotation has changed nothing')
}
