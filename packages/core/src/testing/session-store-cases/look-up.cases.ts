import { deepEqual, equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { answerTo, type Cases, KEEP, newSubject, NOW, open } from './fixture.js'

const NOTHING = { session: undefined, revoked: false, generation: undefined }

export const lookUpCases: Cases = {
  'revokeToken: that token alone, also twice, and the session lives': async (store) => {
    const session = await open(store)
    const { subject, id: sessionId } = session
    const [jti, another] = [randomUUID(), randomUUID()]
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    deepEqual(await answerTo(store, { subject, sessionId, jti }), {
      session,
      revoked: true,
      generation: undefined,
    })
    deepEqual(await answerTo(store, { subject, sessionId, jti: another }), {
      session,
      revoked: false,
      generation: undefined,
    })
  },

  'lookUp: answers for what it is asked, alone and together': async (store) => {
    const { subject, id: sessionId } = await open(store)
    const jti = randomUUID()
    deepEqual(await answerTo(store, { subject, jti }), NOTHING)
    deepEqual(await answerTo(store, { subject, sessionId: randomUUID(), jti }), NOTHING)
    deepEqual(await answerTo(store, { subject: newSubject(), sessionId, jti }), NOTHING)
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    const generation = await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW })
    deepEqual(await answerTo(store, { subject, jti }), { ...NOTHING, revoked: true, generation })
    deepEqual(await answerTo(store, { subject }), { ...NOTHING, generation })
    const dead = { subject, sessionId: randomUUID(), jti }
    equal((await answerTo(store, { ...dead })).session, undefined)
  },
}
