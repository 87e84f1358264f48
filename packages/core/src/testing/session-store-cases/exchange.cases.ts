import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ExchangedToken, SessionStore } from '../../sessions/store/session-store.js'
import {
  answerTo,
  type Cases,
  find,
  HOUR,
  idsOf,
  KEEP,
  lives,
  newSession,
  newSubject,
  NOW,
  open,
  rotated,
  times,
} from './fixture.js'

/** A token without a session that was checked just now. */
async function newExchange(
  store: SessionStore,
  subject: string,
  keepUntil = KEEP,
): Promise<Required<ExchangedToken>> {
  const generation = await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW })
  return { jti: randomUUID(), generation, keepUntil }
}

export const exchangeCases: Cases = {
  'exchange: a token is exchanged for one session, and is revoked by that': async (store) => {
    const session = newSession()
    const { subject } = session
    const exchanged = await newExchange(store, subject)
    equal((await answerTo(store, { subject, jti: exchanged.jti })).revoked, false)
    equal(await store.open({ session, exchanged, now: NOW }), true)
    deepEqual(await find(store, session), session)
    equal((await answerTo(store, { subject, jti: exchanged.jti })).revoked, true)

    const second = newSession({ subject })
    equal(await store.open({ session: second, exchanged, now: NOW }), false)
    equal(await store.open({ session: second, exchanged, max: 1, now: NOW + HOUR }), false)
    deepEqual(await idsOf(store, subject), new Set([session.id]))
  },

  'exchange: a login without one always opens a session': async (store) => {
    const session = newSession()
    equal(await store.open({ session, now: NOW }), true)
    equal(await store.open({ session: newSession({ subject: session.subject }), max: 5, now: NOW }), true)
  },

  'exchange: another token of the subject, and that of another subject, opens its own session': async (
    store,
  ) => {
    const [subject, other] = [newSubject(), newSubject()]
    for (const owner of [subject, subject, other]) {
      const exchanged = await newExchange(store, owner)
      equal(await store.open({ session: newSession({ subject: owner }), exchanged, now: NOW }), true)
    }
    equal((await idsOf(store, subject)).size, 2)
    equal((await idsOf(store, other)).size, 1)
  },

  'exchange: a token that was revoked is not exchanged': async (store) => {
    const session = newSession()
    const exchanged = await newExchange(store, session.subject)
    await store.revokeToken({ jti: exchanged.jti, subject: session.subject, keepUntil: KEEP, now: NOW })
    equal(await store.open({ session, exchanged, now: NOW }), false)
    equal(await lives(store, session), false)
  },

  'exchange: after endAll a token that was checked before it is not exchanged, and uses nothing up': async (
    store,
  ) => {
    const session = newSession()
    const { subject } = session
    const exchanged = await newExchange(store, subject)
    await store.endAll({ subject, keepUntil: KEEP, now: NOW })
    equal(await store.open({ session, exchanged, now: NOW }), false)
    equal(await lives(store, session), false)
    equal((await answerTo(store, { subject, jti: exchanged.jti })).revoked, false)
    const later = await newExchange(store, subject)
    equal(await store.open({ session, exchanged: later, now: NOW }), true)
  },

  'exchange: a token of a generation that the store does not know is not exchanged': async (store) => {
    const session = newSession()
    const exchanged = { jti: randomUUID(), generation: 7, keepUntil: KEEP }
    equal(await store.open({ session, exchanged, now: NOW }), false)
    equal(await lives(store, session), false)
  },

  'exchange: with max it ends the session that is unused the longest; refused, it ends none': async (
    store,
  ) => {
    const subject = newSubject()
    const oldest = await open(store, { subject, lastUsedAt: NOW - 2 * HOUR })
    const older = await open(store, { subject, lastUsedAt: NOW - HOUR })
    const exchanged = await newExchange(store, subject)
    const session = newSession({ subject })
    equal(await store.open({ session, exchanged, max: 2, now: NOW }), true)
    equal(await store.open({ session: newSession({ subject }), exchanged, max: 1, now: NOW }), false)
    deepEqual(await idsOf(store, subject), new Set([older.id, session.id]))
    equal(await lives(store, oldest), false)
  },

  'exchange: that a token was exchanged is forgotten at its time, and not before': async (store) => {
    const subject = newSubject()
    const until = NOW + HOUR
    const exchanged = await newExchange(store, subject, until)
    equal(await store.open({ session: newSession({ subject }), exchanged, now: NOW }), true)
    equal(await store.open({ session: newSession({ subject }), exchanged, now: until - 1 }), false)
    equal(await store.open({ session: newSession({ subject }), exchanged, now: until }), true)
  },

  'exchange: of 50 parallel uses of one token one opens a session; 5 rounds': async (store) => {
    for (let round = 0; round < 5; round++) {
      const subject = newSubject()
      const exchanged = await newExchange(store, subject)
      const sessions = Array.from({ length: 50 }, () => newSession({ subject }))
      const answers = await Promise.all(
        sessions.map((session, at) =>
          store.open({ session, exchanged, max: at % 2 ? 1 : undefined, now: NOW }),
        ),
      )
      equal(answers.filter(Boolean).length, 1)
      const winner = sessions[answers.indexOf(true)]
      deepEqual(await idsOf(store, subject), new Set([winner?.id]))
    }
  },

  'exchange: beside endAll no session survives': async (store) => {
    for (let round = 0; round < 10; round++) {
      const subject = newSubject()
      const exchanged = await newExchange(store, subject)
      const endAll = () => store.endAll({ subject, keepUntil: KEEP, now: NOW })
      const exchanges = () =>
        times(5, () => store.open({ session: newSession({ subject }), exchanged, now: NOW }))
      const [answers] = await Promise.all(
        round % 2 ? [exchanges(), endAll()] : [Promise.resolve().then(exchanges), endAll()],
      )
      ok(answers.filter(Boolean).length <= 1)
      deepEqual(await idsOf(store, subject), new Set())
    }
  },

  'exchange: a session may lack authTime, also after a refresh': async (store) => {
    const session = await open(store, { authTime: undefined })
    deepEqual(await find(store, session), session)
    deepEqual(await store.list({ subject: session.subject, now: NOW }), [session])
    await rotated(store, session, session.current)
    equal((await find(store, session))?.authTime, undefined)
  },
}
