import { deepEqual, equal, rejects } from 'node:assert/strict'
import {
  type Cases,
  find,
  HOUR,
  KEEP,
  lives,
  newSession,
  newToken,
  NOW,
  open,
  rotated,
  times,
  use,
} from './fixture.js'

const REUSED = { kind: 'reused' }
const GONE = { kind: 'gone' }

export const rotationCases: Cases = {
  'rotate: the current token is replaced, and nothing else changes': async (store) => {
    const session = await open(store, {
      endsAt: NOW + 5 * HOUR,
      createdAt: NOW - HOUR,
      lastUsedAt: NOW - HOUR,
    })
    const at = NOW + 1234
    const current = await rotated(store, session, session.current, { at, keepUntil: KEEP + 5 })
    const found = await find(store, session, at)
    deepEqual(found, {
      ...session,
      current,
      parent: { jti: session.current.jti, rotatedAt: found?.parent?.rotatedAt },
      lastUsedAt: at,
      keepUntil: KEEP + 5,
    })
  },

  'rotate: the parent of an unused successor gets it each time, and nothing moves': async (store) => {
    const session = await open(store)
    const successor = await rotated(store, session, session.current)
    const before = await find(store, session)
    for (const at of [NOW, NOW + 1, NOW + HOUR]) {
      deepEqual(await use(store, session, session.current.jti, { at }), { kind: 'repeated', successor })
    }
    deepEqual(await find(store, session), before)
    await rotated(store, session, successor)
  },

  'rotate: the parent ends the session once its successor was used': async (store) => {
    const session = await open(store)
    await rotated(store, session, await rotated(store, session, session.current))
    deepEqual(await use(store, session, session.current.jti), REUSED)
    equal(await lives(store, session), false)
  },

  'rotate: the grandparent ends the session, though its child has just been used': async (store) => {
    const session = await open(store)
    const child = await rotated(store, session, session.current)
    const grandchild = await rotated(store, session, child, { at: NOW + 1 })
    const again = await use(store, session, child.jti, { at: NOW + 2 })
    deepEqual(again, { kind: 'repeated', successor: grandchild })
    deepEqual(await use(store, session, session.current.jti, { at: NOW + 2 }), REUSED)
    equal(await lives(store, session), false)
  },

  'rotate: without mayRepeat the parent ends the session': async (store) => {
    const session = await open(store)
    await rotated(store, session, session.current, { mayRepeat: false })
    deepEqual(await use(store, session, session.current.jti, { mayRepeat: false }), REUSED)
    equal(await lives(store, session), false)
  },

  'rotate: what comes after the deadline is left undone, and says so': async (store) => {
    const session = await open(store)
    const { subject, id: sessionId } = session
    const { time } = await store.lookUp({ subject, sessionId, forRefresh: true, now: NOW })
    if (time === undefined) return
    await rejects(use(store, session, session.current.jti, { deadline: time - 1 }))
    await rejects(use(store, session, newToken().jti, { deadline: time - 1 }))
    deepEqual(await find(store, session), session)
    await rotated(store, session, session.current, { deadline: time + HOUR })
  },

  'rotate: data takes the place of what was kept; without data that stays': async (store) => {
    const session = await open(store)
    const data = (text: string): string => JSON.stringify({ metadata: {}, claims: { text } })
    const dataOf = async (): Promise<string | undefined> => (await find(store, session))?.data
    const first = session.current.jti
    const second = await rotated(store, session, session.current, {
      data: { from: session.data, to: data('second') },
    })
    equal(await dataOf(), data('second'))
    await use(store, session, first)
    equal(await dataOf(), data('second'))
    deepEqual(await use(store, session, first, { data: { from: data('second'), to: data('ü\n$1?') } }), {
      kind: 'repeated',
      successor: second,
    })
    equal(await dataOf(), data('ü\n$1?'))
    await rotated(store, session, second)
    equal(await dataOf(), data('ü\n$1?'))
  },

  'rotate: data is replaced only if nobody replaced it before, and nothing else changes then': async (
    store,
  ) => {
    const session = await open(store)
    const replaced = { from: session.data, to: '{"metadata":{},"claims":{"role":"a"}}' }
    const stale = { from: session.data, to: '{"metadata":{},"claims":{"role":"b"}}' }
    const sameButForCase = { from: replaced.to.toUpperCase(), to: stale.to }
    const changed = { kind: 'changed', data: replaced.to }
    const successor = await rotated(store, session, session.current, { data: replaced })
    const before = await find(store, session)
    for (const data of [stale, sameButForCase]) {
      deepEqual(await use(store, session, session.current.jti, { data }), changed)
      deepEqual(await use(store, session, successor.jti, { data }), changed)
    }
    deepEqual(await find(store, session), before)
    await rotated(store, session, successor, { data: { from: replaced.to, to: stale.to } })
    equal((await find(store, session))?.data, stale.to)
  },

  'rotate: of refreshes that replace data at the same time, each one builds on the one before': async (
    store,
  ) => {
    const session = await open(store)
    await rotated(store, session, session.current)
    await times(8, async (index) => {
      let from = session.data
      for (let attempt = 0; attempt <= 8; attempt++) {
        const result = await use(store, session, session.current.jti, {
          data: { from, to: `${from}${index}` },
        })
        if (result.kind !== 'changed') return
        from = result.data
      }
    })
    const { data = '' } = (await find(store, session)) ?? {}
    const added = data.slice(session.data.length)
    deepEqual(Array.from(added).toSorted(), ['0', '1', '2', '3', '4', '5', '6', '7'])
  },

  'rotate: a token that the session never had ends it': async (store) => {
    const session = await open(store)
    deepEqual(await use(store, session, newToken().jti), REUSED)
    equal(await lives(store, session), false)
  },

  'rotate: after a reuse ancestors and descendants are dead, and other sessions live': async (store) => {
    const session = await open(store)
    const other = await open(store, { subject: session.subject })
    const child = await rotated(store, session, session.current)
    const grandchild = await rotated(store, session, child)
    deepEqual(await use(store, session, session.current.jti), REUSED)
    for (const { jti } of [grandchild, child, session.current]) {
      deepEqual(await use(store, session, jti), GONE)
    }
    equal(await lives(store, session), false)
    await rotated(store, other, other.current)
  },

  'rotate: where there is no such session of the subject it is gone, and none ends': async (store) => {
    const session = await open(store)
    const other = await open(store)
    deepEqual(await use(store, newSession(), session.current.jti), GONE)
    const mistaken = { id: session.id, subject: other.subject }
    deepEqual(await use(store, mistaken, session.current.jti), GONE)
    deepEqual(await use(store, mistaken, newToken().jti), GONE)
    equal(await lives(store, session), true)
    equal(await lives(store, other), true)
  },

  'rotate: the absolute end, the login and the data stay through many rotations': async (store) => {
    const session = await open(store, { endsAt: NOW + 30 * HOUR })
    let current = session.current
    for (let round = 1; round <= 30; round++) {
      current = await rotated(store, session, current, { at: NOW + round * HOUR * 0.5 })
    }
    const { endsAt, createdAt, authTime, data } = session
    const found = await find(store, session)
    deepEqual({ ...found, endsAt, createdAt, authTime, data }, found)
  },

  'rotate: a clock that goes backwards ends nothing': async (store) => {
    const session = await open(store)
    const successor = await rotated(store, session, session.current, { at: NOW + 5000 })
    const again = await use(store, session, session.current.jti, { at: NOW - 60_000 })
    deepEqual(again, { kind: 'repeated', successor })
    await rotated(store, session, successor, { at: NOW - 60_000 })
    equal(await lives(store, session, NOW - 120_000), true)
  },
}
