import { deepEqual, equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type Cases, KEEP, newSubject, NOW, open } from './fixture.js'

const NOTHING = { session: undefined, revoked: false, generation: undefined }

export const lookUpCases: Cases = {
  'revokeToken: that token alone, also twice, and the session lives': async (store) => {
    const session = await open(store)
    const { subject, id: sessionId } = session
    const [jti, another] = [randomUUID(), randomUUID()]
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    deepEqual(await store.lookUp({ subject, sessionId, jti, now: NOW }), {
      session,
      revoked: true,
      generation: undefined,
    })
    deepEqual(await store.lookUp({ subject, sessionId, jti: another, now: NOW }), {
      session,
      revoked: false,
      generation: undefined,
    })
  },

  'lookUp: answers for what it is asked, alone and together': async (store) => {
    const { subject, id: sessionId } = await open(store)
    const jti = randomUUID()
    deepEqual(await store.lookUp({ subject, jti, now: NOW }), NOTHING)
    deepEqual(await store.lookUp({ subject, sessionId: randomUUID(), jti, now: NOW }), NOTHING)
    deepEqual(await store.lookUp({ subject: newSubject(), sessionId, jti, now: NOW }), NOTHING)
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    const generation = await store.admit({ subject, keepUntil: KEEP, now: NOW })
    deepEqual(await store.lookUp({ subject, jti, now: NOW }), { ...NOTHING, revoked: true, generation })
    deepEqual(await store.lookUp({ subject, now: NOW }), { ...NOTHING, generation })
    const dead = { subject, sessionId: randomUUID(), jti }
    equal((await store.lookUp({ ...dead, now: NOW })).session, undefined)
  },
}
