import { deepEqual, equal } from 'node:assert/strict'
import type { SessionRecord } from '../../sessions/session.js'
import {
  type Cases,
  HOUR,
  idsOf,
  lives,
  newSession,
  newSubject,
  NOW,
  open,
  rotated,
  times,
} from './fixture.js'

const ids = (sessions: readonly SessionRecord[]): Set<string> => new Set(sessions.map(({ id }) => id))

export const capCases: Cases = {
  'max: one session more ends the one unused the longest': async (store) => {
    const subject = newSubject()
    const first = await open(store, { subject, lastUsedAt: NOW - 3 }, 3)
    const second = await open(store, { subject, lastUsedAt: NOW - 2 }, 3)
    const third = await open(store, { subject, lastUsedAt: NOW - 1 }, 3)
    deepEqual(await idsOf(store, subject), ids([first, second, third]))
    await rotated(store, first, first.current, { at: NOW + 1 })
    const fourth = await open(store, { subject, lastUsedAt: NOW + 2 }, 3)
    deepEqual(await idsOf(store, subject), ids([first, third, fourth]))
    equal(await lives(store, second), false)
  },

  'max: never ends the new one, even where a clock says that it is the oldest': async (store) => {
    const subject = newSubject()
    await open(store, { subject, lastUsedAt: NOW + HOUR })
    await open(store, { subject, lastUsedAt: NOW + HOUR })
    const session = await open(store, { subject, lastUsedAt: NOW - HOUR }, 1)
    deepEqual(await idsOf(store, subject), ids([session]))
  },

  'max: where it was lowered, all that are too many end': async (store) => {
    const subject = newSubject()
    const sessions = []
    for (let age = 5; age > 0; age--) sessions.push(await open(store, { subject, lastUsedAt: NOW - age }))
    sessions.push(await open(store, { subject }, 2))
    deepEqual(await idsOf(store, subject), ids(sessions.slice(-2)))
  },

  "max: counts neither other subjects' sessions nor those past their time": async (store) => {
    const subject = newSubject()
    const other = await open(store, {}, 1)
    const past = await open(store, { subject, keepUntil: NOW })
    const short = await open(store, { subject, keepUntil: NOW + HOUR })
    const old = await open(store, { subject, lastUsedAt: NOW - HOUR }, 3)
    const session = newSession({ subject })
    await store.open({ session, max: 2, now: NOW + HOUR })
    deepEqual(await idsOf(store, subject, NOW + HOUR), ids([old, session]))
    for (const { id } of [past, short]) equal(await lives(store, { id, subject }, NOW + HOUR), false)
    equal(await lives(store, other), true)
  },

  'max: holds under parallel logins': async (store) => {
    const subject = newSubject()
    await times(30, () => open(store, { subject }, 3))
    equal((await idsOf(store, subject)).size, 3)
  },
}
