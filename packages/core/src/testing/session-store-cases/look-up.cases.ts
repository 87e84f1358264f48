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

  'lookUpTokens: answers for all that it is asked': async (store) => {
    const session = await open(store)
    const { subject, id } = session
    const [second, ended] = [await open(store, { subject }), await open(store, { subject })]
    const foreign = await open(store)
    await store.end({ subject, sessionId: ended.id, now: NOW })
    const [jti, another] = [randomUUID(), randomUUID()]
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    const generation = await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW })
    const sessionIds = [id, ended.id, second.id, foreign.id, randomUUID()]
    const found = await store.lookUpTokens({ subject, sessionIds, jtis: [another, jti], now: NOW })
    const byId = new Map(found.sessions.map((one) => [one.id, one]))
    deepEqual(byId, new Map([session, second].map((one) => [one.id, one])))
    deepEqual([found.revoked, found.generation], [[jti], generation])
  },

  'lookUpTokens: of nothing, nobody, and what is past its keepUntil, nothing is known': async (store) => {
    const { subject, id, keepUntil } = await open(store, { keepUntil: NOW + 1000 })
    const jti = randomUUID()
    await store.revokeToken({ jti, subject, keepUntil, now: NOW })
    await store.keepGeneration({ subject, keepUntil, now: NOW })
    const nothing = { sessions: [], revoked: [], generation: undefined }
    const question = { subject, sessionIds: [id], jtis: [jti] }
    deepEqual(await store.lookUpTokens({ ...question, now: keepUntil }), nothing)
    deepEqual(
      await store.lookUpTokens({ subject: newSubject(), sessionIds: [], jtis: [], now: NOW }),
      nothing,
    )
    const { sessions } = await store.lookUpTokens({ ...question, subject: newSubject(), now: NOW })
    deepEqual(sessions, [])
  },

  'lookUpTokens: knows 400 sessions and 400 tokens at the same time': async (store) => {
    const { subject, id } = await open(store)
    const jti = randomUUID()
    await store.revokeToken({ jti, subject, keepUntil: KEEP, now: NOW })
    const others = Array.from({ length: 399 }, () => randomUUID())
    const question = { subject, sessionIds: [...others, id], jtis: [jti, ...others], now: NOW }
    const { sessions, revoked } = await store.lookUpTokens(question)
    deepEqual([sessions.map((session) => session.id), revoked], [[id], [jti]])
  },
}
