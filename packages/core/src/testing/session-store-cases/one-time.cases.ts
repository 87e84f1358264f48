import { equal, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { SessionStore } from '../../sessions/store/session-store.js'
import { type Cases, HOUR, KEEP, newSubject, NOW, open, times } from './fixture.js'

async function newOneTimeToken(store: SessionStore, subject: string, keepUntil = KEEP): Promise<string> {
  const jti = randomUUID()
  await store.addOneTimeToken({ jti, subject, keepUntil, now: NOW })
  return jti
}

export const oneTimeCases: Cases = {
  'one-time: is consumed once, ever': async (store) => {
    const subject = newSubject()
    const [jti, another] = [await newOneTimeToken(store, subject), await newOneTimeToken(store, subject)]
    equal(await store.consumeOneTimeToken({ jti, subject, now: NOW }), true)
    equal(await store.consumeOneTimeToken({ jti, subject, now: NOW }), false)
    equal(await store.consumeOneTimeToken({ jti: another, subject, now: NOW + HOUR }), true)
    equal(await store.consumeOneTimeToken({ jti, subject, now: NOW - HOUR }), false)
  },

  'one-time: what was never added is refused': async (store) => {
    equal(await store.consumeOneTimeToken({ jti: randomUUID(), subject: newSubject(), now: NOW }), false)
  },

  'one-time: of 100 parallel uses one succeeds': async (store) => {
    const subject = newSubject()
    const jti = await newOneTimeToken(store, subject)
    const answers = await times(100, () => store.consumeOneTimeToken({ jti, subject, now: NOW }))
    equal(answers.filter(Boolean).length, 1)
  },

  "one-time: endAll ends the subject's, whatever session it leaves; later ones and others' are good": async (
    store,
  ) => {
    const session = await open(store)
    const { subject } = session
    const other = newSubject()
    const [ended, kept] = [await newOneTimeToken(store, subject), await newOneTimeToken(store, other)]
    equal(await store.endAll({ subject, except: session.id, keepUntil: KEEP, now: NOW }), 0)
    const later = await newOneTimeToken(store, subject)
    equal(await store.consumeOneTimeToken({ jti: ended, subject, now: NOW }), false)
    equal(await store.consumeOneTimeToken({ jti: later, subject, now: NOW }), true)
    equal(await store.consumeOneTimeToken({ jti: kept, subject: other, now: NOW }), true)
  },

  'one-time: beside endAll it is consumed or dead, and never good after it': async (store) => {
    for (let round = 0; round < 10; round++) {
      const subject = newSubject()
      const jti = await newOneTimeToken(store, subject)
      const consume = () => store.consumeOneTimeToken({ jti, subject, now: NOW })
      const [, ...answers] = await Promise.all([
        store.endAll({ subject, keepUntil: KEEP, now: NOW }),
        consume(),
        consume(),
      ])
      ok(answers.filter(Boolean).length <= 1)
      equal(await consume(), false)
    }
  },

  'one-time: is good until its time, and no longer': async (store) => {
    const subject = newSubject()
    const until = NOW + HOUR
    const [good, late] = [
      await newOneTimeToken(store, subject, until),
      await newOneTimeToken(store, subject, until),
    ]
    equal(await store.consumeOneTimeToken({ jti: late, subject, now: until }), false)
    equal(await store.consumeOneTimeToken({ jti: good, subject, now: until - 1 }), true)
  },
}
