import { deepEqual, equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type Cases, KEEP, newSubject, NOW, open } from './fixture.js'

const NOTHING = { session: undefined, revoked: false, epoch: undefined }

export const lookUpCases: Cases = {
  'revokeToken: that token alone, also twice, and the session lives': async (store) => {
    const session = await open(store)
    const { subject, id: sessionId } = session
    const [jti, another] = [randomUUID(), randomUUID()]
    await store.revokeToken(jti, subject, KEEP, NOW)
    await store.revokeToken(jti, subject, KEEP, NOW)
    deepEqual(await store.lookUp({ subject, sessionId, jti }, NOW), {
      session,
      revoked: true,
      epoch: undefined,
    })
    deepEqual(await store.lookUp({ subject, sessionId, jti: another }, NOW), {
      session,
      revoked: false,
      epoch: undefined,
    })
  },

  'lookUp: answers for what it is asked, alone and together': async (store) => {
    const { subject, id: sessionId } = await open(store)
    const jti = randomUUID()
    deepEqual(await store.lookUp({ subject, jti }, NOW), NOTHING)
    deepEqual(await store.lookUp({ subject, sessionId: randomUUID(), jti }, NOW), NOTHING)
    deepEqual(await store.lookUp({ subject: newSubject(), sessionId, jti }, NOW), NOTHING)
    await store.revokeToken(jti, subject, KEEP, NOW)
    const epoch = await store.admit(subject, KEEP, NOW)
    deepEqual(await store.lookUp({ subject, jti }, NOW), { ...NOTHING, revoked: true, epoch })
    deepEqual(await store.lookUp({ subject }, NOW), { ...NOTHING, epoch })
    const dead = { subject, sessionId: randomUUID(), jti }
    equal((await store.lookUp(dead, NOW)).session, undefined)
  },
}
