import { equal, ok } from 'node:assert/strict'
import { type RefreshStanding, classifyRefreshToken } from '../../sessions/rotation.js'
import type { SessionRecord } from '../../sessions/session.js'
import type { SessionStore } from '../../sessions/store/session-store.js'
import { type Cases, GRACE, NOW, open, rotated } from './fixture.js'

/** More than the longest grace. */
const SKEW = 90_000

/** The session as it is found for a refresh, and the time by which its grace is judged. */
async function look(
  store: SessionStore,
  { subject, id: sessionId }: SessionRecord,
  now: number,
): Promise<{ readonly session: SessionRecord; readonly time: number; readonly hasOwnClock: boolean }> {
  const { session, time } = await store.lookUp({ subject, sessionId, forRefresh: true, now })
  ok(session !== undefined, 'the session is gone')
  return { session, time: time ?? now, hasOwnClock: time !== undefined }
}

/** What the first token is to a session that was rotated once. */
async function standing(
  store: SessionStore,
  opened: SessionRecord,
  now: number,
  grace = GRACE,
): Promise<RefreshStanding> {
  const { session, time } = await look(store, opened, now)
  return classifyRefreshToken(session, opened.current.jti, time, grace)
}

export const graceCases: Cases = {
  'grace: rotatedAt and time are of one clock': async (store) => {
    const opened = await open(store)
    const before = await look(store, opened, NOW)
    await rotated(store, opened, opened.current, { at: NOW + 1 })
    const { session, time } = await look(store, opened, NOW + 2)
    const { rotatedAt } = session.parent ?? {}
    ok(rotatedAt !== undefined && before.time <= rotatedAt && rotatedAt <= time)
  },

  'grace: a clock of the store’s own decides, whatever the clocks of its callers say': async (store) => {
    const opened = await open(store)
    if (!(await look(store, opened, NOW)).hasOwnClock) return
    await rotated(store, opened, opened.current, { at: NOW + SKEW })
    for (const now of [NOW, NOW + SKEW, NOW + 2 * SKEW]) {
      equal(await standing(store, opened, now), 'parent')
    }
  },

  'grace: it is over when it has passed on the clock that decides': async (store, advance) => {
    const opened = await open(store)
    await rotated(store, opened, opened.current)
    equal(await standing(store, opened, NOW), 'parent')
    const { hasOwnClock } = await look(store, opened, NOW)
    if (!hasOwnClock) {
      equal(await standing(store, opened, NOW + GRACE - 1), 'parent')
      equal(await standing(store, opened, NOW + GRACE), 'reused')
      return
    }
    const grace = 50
    await advance(grace)
    equal(await standing(store, opened, NOW, grace), 'reused')
    equal(await standing(store, opened, NOW - SKEW, grace), 'reused')
    equal(await standing(store, opened, NOW), 'parent')
  },
}
