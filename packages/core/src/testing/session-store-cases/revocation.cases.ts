import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  answerTo,
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
    equal(await store.end({ sessionId: session.id, now: NOW }), true)
    equal(await store.end({ sessionId: session.id, now: NOW }), false)
    equal(await lives(store, session), false)
    equal(await lives(store, other), true)
    equal(await store.end({ sessionId: newSession().id, now: NOW }), false)
  },

  "end: with a subject only that subject's session": async (store) => {
    const session = await open(store)
    const other = await open(store)
    equal(await store.end({ sessionId: session.id, subject: newSubject(), now: NOW }), false)
    equal(await store.end({ sessionId: session.id, subject: other.subject, now: NOW }), false)
    equal(await lives(store, session), true)
    equal(await store.end({ sessionId: session.id, subject: session.subject, now: NOW }), true)
    equal(await lives(store, session), false)
    equal(await lives(store, other), true)
  },

  'end: by the id alone it ends a session that the wrong subject could not': async (store) => {
    const session = await open(store)
    equal(await store.end({ sessionId: session.id, subject: newSubject(), now: NOW }), false)
    equal(await store.end({ sessionId: session.id, now: NOW }), true)
    equal(await lives(store, session), false)
  },

  'end: before a refresh, the refresh finds nothing; after it, the successor is dead': async (store) => {
    const session = await open(store)
    equal(await store.end({ sessionId: session.id, subject: session.subject, now: NOW }), true)
    deepEqual(await use(store, session, session.current.jti), { kind: 'gone' })
    equal(await lives(store, session), false)

    const refreshed = await open(store)
    const successor = await rotated(store, refreshed, refreshed.current)
    equal(await store.end({ sessionId: refreshed.id, subject: refreshed.subject, now: NOW }), true)
    deepEqual(await use(store, refreshed, successor.jti), { kind: 'gone' })
    deepEqual(await use(store, refreshed, refreshed.current.jti), { kind: 'gone' })
  },

  'endAll: before a refresh, the refresh finds nothing; after it, the successor is dead': async (store) => {
    const subject = newSubject()
    const session = await open(store, { subject })
    const refreshed = await open(store, { subject })
    const successor = await rotated(store, refreshed, refreshed.current)
    equal(await store.endAll({ subject, keepUntil: KEEP, now: NOW }), 2)
    deepEqual(await use(store, session, session.current.jti), { kind: 'gone' })
    deepEqual(await use(store, refreshed, successor.jti), { kind: 'gone' })
    deepEqual(await idsOf(store, subject), new Set())
  },

  "endAll: ends no one else's sessions, and says how many it ended": async (store) => {
    const [session, other] = [await open(store), await open(store)]
    equal(await store.endAll({ subject: newSubject(), keepUntil: KEEP, now: NOW }), 0)
    equal(await store.endAll({ subject: session.subject, keepUntil: KEEP, now: NOW }), 1)
    equal(await store.endAll({ subject: session.subject, keepUntil: KEEP, now: NOW }), 0)
    equal(await lives(store, session), false)
    equal(await lives(store, other), true)
  },

  'endAll: leaves the session of except, which refreshes as before': async (store) => {
    const subject = newSubject()
    const [kept, ended] = [await open(store, { subject }), await open(store, { subject })]
    equal(await store.endAll({ subject, except: kept.id, keepUntil: KEEP, now: NOW }), 1)
    equal(await lives(store, ended), false)
    await rotated(store, kept, kept.current)
    equal(await store.endAll({ subject, except: ended.id, keepUntil: KEEP, now: NOW }), 1)
    equal(await lives(store, kept), false)
  },

  'endAll: what was revoked before it stays revoked, also a token of the session of except': async (
    store,
  ) => {
    const session = await open(store)
    const { subject, id: sessionId } = session
    const jti = randomUUID()
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    await store.endAll({ subject, except: sessionId, keepUntil: KEEP, now: NOW })
    const kept = await answerTo(store, { subject, sessionId, jti })
    deepEqual([kept.session?.id, kept.revoked], [sessionId, true])
    await store.endAll({ subject, keepUntil: KEEP, now: NOW })
    equal((await answerTo(store, { subject, jti })).revoked, true)
  },

  'endAll: a login in the same instant is dead before it and lives after it': async (store) => {
    const subject = newSubject()
    const before = {
      session: await open(store, { subject }),
      generation: await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW }),
    }
    await store.endAll({ subject, keepUntil: KEEP, now: NOW })
    const after = {
      session: await open(store, { subject }),
      generation: await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW }),
    }
    equal(await lives(store, before.session), false)
    equal(await lives(store, after.session), true)
    ok(after.generation > before.generation)
    equal((await store.lookUp({ subject, now: NOW })).generation, after.generation)
  },

  'endAll: relies on no clock: one that went backwards changes nothing': async (store) => {
    const subject = newSubject()
    const session = await open(store, { subject })
    const before = await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW })
    equal(await store.endAll({ subject, keepUntil: KEEP, now: NOW - HOUR }), 1)
    equal(await lives(store, session), false)
    equal((await store.lookUp({ subject, now: NOW })).generation, before + 1)
  },
}
