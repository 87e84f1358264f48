import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  answerTo,
  type Cases,
  find,
  HOUR,
  idsOf,
  KEEP,
  lives,
  newSubject,
  NOW,
  open,
  rotated,
  use,
} from './fixture.js'

const LONG_AGO = 1000

export const expiryCases: Cases = {
  'expiry: a session is there until its keepUntil, and then for nobody': async (store) => {
    const keepUntil = NOW + HOUR
    const session = await open(store, { keepUntil })
    const { subject, id } = session
    equal(await lives(store, session, keepUntil - 1), true)
    equal(await lives(store, session, keepUntil), false)
    deepEqual(await use(store, session, session.current.jti, { at: keepUntil }), { kind: 'gone' })
    deepEqual(await use(store, session, randomUUID(), { at: keepUntil }), { kind: 'gone' })
    equal(await store.end({ sessionId: id, subject, now: keepUntil }), false)
    equal(await store.endAll({ subject, keepUntil: KEEP, now: keepUntil }), 0)
  },

  'expiry: a rotation sets keepUntil, later or earlier': async (store) => {
    const session = await open(store, { keepUntil: NOW + HOUR })
    const later = await rotated(store, session, session.current, { keepUntil: NOW + 3 * HOUR })
    equal(await lives(store, session, NOW + 3 * HOUR - 1), true)
    await rotated(store, session, later, { keepUntil: NOW + 2 * HOUR })
    equal(await lives(store, session, NOW + 2 * HOUR - 1), true)
    equal(await lives(store, session, NOW + 2 * HOUR), false)
  },

  'expiry: the last use in time rotates': async (store) => {
    const session = await open(store, { keepUntil: NOW + HOUR })
    await rotated(store, session, session.current, { at: NOW + HOUR - 1, keepUntil: NOW + 2 * HOUR })
    equal(await lives(store, session, NOW + HOUR), true)
  },

  'expiry: a token is revoked until its keepUntil': async (store) => {
    const [subject, jti] = [newSubject(), randomUUID()]
    await store.revokeToken({ jti, subject, keepUntil: NOW + HOUR, now: NOW })
    equal((await store.lookUp({ subject, jti, now: NOW + HOUR - 1 })).revoked, true)
    equal((await store.lookUp({ subject, jti, now: NOW + HOUR })).revoked, false)
  },

  'expiry: a token that is revoked twice is revoked until the later time': async (store) => {
    for (const hours of [
      [1, 2],
      [2, 1],
    ]) {
      const [subject, jti] = [newSubject(), randomUUID()]
      for (const hour of hours) {
        await store.revokeToken({ jti, subject, keepUntil: NOW + hour * HOUR, now: NOW })
      }
      equal((await store.lookUp({ subject, jti, now: NOW + 2 * HOUR - 1 })).revoked, true)
      equal((await store.lookUp({ subject, jti, now: NOW + 2 * HOUR })).revoked, false)
    }
  },

  'expiry: the end of time, for what never expires': async (store) => {
    const [subject, jti, keepUntil] = [newSubject(), randomUUID(), 253_402_300_799_000]
    const generation = await store.keepGeneration({ subject, keepUntil, now: NOW })
    await store.revokeToken({ jti, subject, keepUntil, now: NOW })
    deepEqual(await answerTo(store, { subject, jti }, keepUntil - 1), {
      session: undefined,
      revoked: true,
      generation,
    })
  },

  'expiry: a clock that went backwards finds what it left': async (store) => {
    const session = await open(store, { keepUntil: NOW + HOUR })
    equal(await lives(store, session, NOW - 10 * HOUR), true)
    deepEqual(await idsOf(store, session.subject, NOW - 10 * HOUR), new Set([session.id]))
    equal(await store.end({ sessionId: session.id, subject: session.subject, now: NOW - 10 * HOUR }), true)
  },

  'expiry: what one instance finds past its time, by a clock that is ahead, the others still use': async (
    store,
  ) => {
    const session = await open(store, { keepUntil: NOW + HOUR })
    const ahead = NOW + HOUR
    deepEqual(await use(store, session, session.current.jti, { at: ahead }), { kind: 'gone' })
    deepEqual(await use(store, session, randomUUID(), { at: ahead }), { kind: 'gone' })
    equal(await store.end({ sessionId: session.id, subject: session.subject, now: ahead }), false)
    equal(await lives(store, session, ahead), false)
    equal(await lives(store, session), true)
    await rotated(store, session, session.current)
  },

  'prune: removes what is past its time, and nothing else': async (store) => {
    const [subject, jti] = [newSubject(), randomUUID()]
    const past = await open(store, { subject, keepUntil: LONG_AGO })
    await store.keepGeneration({ subject: newSubject(), keepUntil: LONG_AGO, now: 1 })
    await store.revokeToken({ jti: randomUUID(), subject, keepUntil: LONG_AGO, now: 1 })
    await store.addOneTimeToken({ jti: randomUUID(), subject: newSubject(), keepUntil: LONG_AGO, now: 1 })
    const session = await open(store, { subject })
    const oneTime = randomUUID()
    await store.endAll({ subject: newSubject(), keepUntil: KEEP, now: NOW })
    const generation = await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW })
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    await store.addOneTimeToken({ jti: oneTime, subject, keepUntil: KEEP, now: NOW })

    const removed = await store.prune({ now: LONG_AGO })
    ok(Number.isSafeInteger(removed) && removed >= 0)
    equal(await find(store, past, 1), undefined)
    equal(await lives(store, session), true)
    deepEqual(await answerTo(store, { subject, jti }), {
      session: undefined,
      revoked: true,
      generation,
    })
    equal(await store.consumeOneTimeToken({ jti: oneTime, subject, now: NOW }), true)
  },
}
