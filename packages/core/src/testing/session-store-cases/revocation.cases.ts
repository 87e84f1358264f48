import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  type Cases,
  HOUR,
  idsOf,
  KEEP,
  lives,
  newSession,
  newSubject,
  NOW,
  open,
  rotated,
  use,
} from './fixture.js'

export const revocationCases: Cases = {
  'end: ends the one session, once': async (store) => {
    const session = await open(store)
    const other = await open(store, { subject: session.subject })
    equal(await store.end(session.id, undefined, NOW), true)
    equal(await store.end(session.id, undefined, NOW), false)
    equal(await lives(store, session), false)
    equal(await lives(store, other), true)
    equal(await store.end(newSession().id, undefined, NOW), false)
  },

  "end: with a subject only that subject's session": async (store) => {
    const session = await open(store)
    equal(await store.end(session.id, newSubject(), NOW), false)
    equal(await lives(store, session), true)
    equal(await store.end(session.id, session.subject, NOW), true)
    equal(await lives(store, session), false)
  },

  'end: before a refresh, the refresh finds nothing; after it, the successor is dead': async (store) => {
    const session = await open(store)
    equal(await store.end(session.id, session.subject, NOW), true)
    deepEqual(await use(store, session, session.current.jti), { kind: 'gone' })
    equal(await lives(store, session), false)

    const refreshed = await open(store)
    const successor = await rotated(store, refreshed, refreshed.current)
    equal(await store.end(refreshed.id, refreshed.subject, NOW), true)
    deepEqual(await use(store, refreshed, successor.jti), { kind: 'gone' })
    deepEqual(await use(store, refreshed, refreshed.current.jti), { kind: 'gone' })
  },

  'endAll: before a refresh, the refresh finds nothing; after it, the successor is dead': async (store) => {
    const subject = newSubject()
    const session = await open(store, { subject })
    const refreshed = await open(store, { subject })
    const successor = await rotated(store, refreshed, refreshed.current)
    equal(await store.endAll(subject, undefined, KEEP, NOW), 2)
    deepEqual(await use(store, session, session.current.jti), { kind: 'gone' })
    deepEqual(await use(store, refreshed, successor.jti), { kind: 'gone' })
    deepEqual(await idsOf(store, subject), new Set())
  },

  "endAll: ends no one else's sessions, and says how many it ended": async (store) => {
    const [session, other] = [await open(store), await open(store)]
    equal(await store.endAll(newSubject(), undefined, KEEP, NOW), 0)
    equal(await store.endAll(session.subject, undefined, KEEP, NOW), 1)
    equal(await store.endAll(session.subject, undefined, KEEP, NOW), 0)
    equal(await lives(store, session), false)
    equal(await lives(store, other), true)
  },

  'endAll: leaves the session of except, which refreshes as before': async (store) => {
    const subject = newSubject()
    const [kept, ended] = [await open(store, { subject }), await open(store, { subject })]
    equal(await store.endAll(subject, kept.id, KEEP, NOW), 1)
    equal(await lives(store, ended), false)
    await rotated(store, kept, kept.current)
    equal(await store.endAll(subject, ended.id, KEEP, NOW), 1)
    equal(await lives(store, kept), false)
  },

  'endAll: a login in the same instant is dead before it and lives after it': async (store) => {
    const subject = newSubject()
    const before = { session: await open(store, { subject }), epoch: await store.admit(subject, KEEP, NOW) }
    await store.endAll(subject, undefined, KEEP, NOW)
    const after = { session: await open(store, { subject }), epoch: await store.admit(subject, KEEP, NOW) }
    equal(await lives(store, before.session), false)
    equal(await lives(store, after.session), true)
    ok(after.epoch > before.epoch)
    equal((await store.lookUp({ subject }, NOW)).epoch, after.epoch)
  },

  'endAll: relies on no clock: one that went backwards changes nothing': async (store) => {
    const subject = newSubject()
    const session = await open(store, { subject })
    const before = await store.admit(subject, KEEP, NOW)
    equal(await store.endAll(subject, undefined, KEEP, NOW - HOUR), 1)
    equal(await lives(store, session), false)
    equal((await store.lookUp({ subject }, NOW)).epoch, before + 1)
  },
}
