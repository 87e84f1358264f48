import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import type { RotateResult } from '../../sessions/store/session-store.js'
import {
  type Cases,
  find,
  idsOf,
  KEEP,
  lives,
  newSubject,
  newToken,
  NOW,
  open,
  rotated,
  times,
  use,
} from './fixture.js'

const PARALLEL = 100
const ROUNDS = 20

const kindsOf = (outcomes: readonly RotateResult[]): Set<string> => new Set(outcomes.map(({ kind }) => kind))

export const raceCases: Cases = {
  'race: of 100 uses of one token one rotates, all others get its successor; 20 rounds': async (store) => {
    const session = await open(store)
    let current = session.current
    for (let round = 0; round < ROUNDS; round++) {
      const offered = Array.from({ length: PARALLEL }, () => newToken())
      const outcomes = await Promise.all(
        offered.map((successor) => use(store, session, current.jti, { successor })),
      )
      const winner = outcomes.findIndex(({ kind }) => kind === 'rotated')
      const successor = offered[winner]
      ok(successor !== undefined, 'none has rotated')
      const expected = offered.map((_, index) =>
        index === winner ? { kind: 'rotated' } : { kind: 'repeated', successor },
      )
      deepEqual(outcomes, expected)
      deepEqual((await find(store, session))?.current, successor)
      current = successor
    }
  },

  'race: without mayRepeat exactly one of 100 uses succeeds': async (store) => {
    for (let round = 0; round < ROUNDS / 4; round++) {
      const session = await open(store)
      const outcomes = await times(PARALLEL, () =>
        use(store, session, session.current.jti, { mayRepeat: false }),
      )
      equal(outcomes.filter(({ kind }) => kind === 'rotated').length, 1)
      equal(kindsOf(outcomes).has('repeated'), false)
      equal(await lives(store, session), false)
    }
  },

  'race: where a spent token comes beside the current one, the session is dead in the end': async (store) => {
    for (let round = 0; round < ROUNDS; round++) {
      const session = await open(store)
      const child = await rotated(store, session, session.current)
      const current = await rotated(store, session, child)
      const jtis = [current.jti, session.current.jti]
      await times(10, (index) => use(store, session, jtis[index % 2] ?? ''))
      equal(await lives(store, session), false)
    }
  },

  'race: a session that end has ended never lives again, whatever refreshes beside it': async (store) => {
    for (let round = 0; round < ROUNDS; round++) {
      const session = await open(store)
      const refresh = () => use(store, session, session.current.jti)
      const end = () => store.end({ sessionId: session.id, subject: session.subject, now: NOW })
      const [ended, ...outcomes] = await Promise.all([end(), refresh(), refresh(), refresh()])
      equal(ended, true)
      equal(kindsOf(outcomes).has('reused'), false)
      equal(await lives(store, session), false)
      deepEqual(await refresh(), { kind: 'gone' })
    }
  },

  'race: a session that endAll has ended never lives again, whatever refreshes beside it': async (store) => {
    for (let round = 0; round < ROUNDS; round++) {
      const subject = newSubject()
      const sessions = await times(5, () => open(store, { subject }))
      const endAll = () => store.endAll({ subject, keepUntil: KEEP, now: NOW })
      const refreshes = sessions.map((session) => use(store, session, session.current.jti))
      const [ended] = await Promise.all([round % 2 ? endAll() : Promise.resolve().then(endAll), ...refreshes])
      equal(ended, sessions.length)
      deepEqual(await idsOf(store, subject), new Set())
    }
  },

  'race: of parallel calls of end one has ended the session': async (store) => {
    const session = await open(store)
    const answers = await times(20, () => store.end({ sessionId: session.id, now: NOW }))
    equal(answers.filter(Boolean).length, 1)
  },

  'race: parallel logins of one subject, none of them lost, beside those of others': async (store) => {
    const [subject, other] = [newSubject(), newSubject()]
    const sessions = await times(40, (index) => open(store, { subject: index % 2 ? subject : other }))
    const expected = sessions.filter((session) => session.subject === subject).map(({ id }) => id)
    deepEqual(await idsOf(store, subject), new Set(expected))
  },

  'race: logins beside endAll live or are dead, and what comes after it lives': async (store) => {
    for (let round = 0; round < ROUNDS / 2; round++) {
      const subject = newSubject()
      const before = await open(store, { subject })
      const [, ...beside] = await Promise.all([
        store.endAll({ subject, keepUntil: KEEP, now: NOW }),
        ...Array.from({ length: 5 }, () => open(store, { subject }, 20)),
      ])
      const after = await open(store, { subject })
      equal(await lives(store, before), false)
      equal(await lives(store, after), true)
      for (const session of beside) await lives(store, session)
    }
  },

  'race: every endAll begins a new generation, and each is seen by whoever comes after it': async (store) => {
    const subject = newSubject()
    await times(10, async () => {
      const before = await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW })
      await store.endAll({ subject, keepUntil: KEEP, now: NOW })
      notEqual(await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW }), before)
    })
    ok((await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW })) >= 10)
  },
}
