import { equal, ok } from 'node:assert/strict'
import { type Cases, HOUR, KEEP, newSubject, NOW } from './fixture.js'

export const generationCases: Cases = {
  'generation: none is kept at first; one once a token is admitted; more after each endAll': async (
    store,
  ) => {
    const subject = newSubject()
    equal((await store.lookUp({ subject, now: NOW })).generation, undefined)
    const first = await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW })
    equal(await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW }), first)
    equal((await store.lookUp({ subject, now: NOW })).generation, first)
    await store.endAll({ subject, keepUntil: KEEP, now: NOW })
    equal(await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW }), first + 1)
    await store.endAll({ subject, keepUntil: KEEP, now: NOW })
    equal((await store.lookUp({ subject, now: NOW })).generation, first + 2)
  },

  'generation: of a shared store begins at a firstGeneration(), so that lost records are never found again':
    async (store) => {
      if (!store.isShared) return
      const firsts = new Set<number>()
      for (let count = 0; count < 20; count++)
        firsts.add(await store.keepGeneration({ subject: newSubject(), keepUntil: KEEP, now: NOW }))
      ok(firsts.size > 15)
      for (const first of firsts) ok(Number.isSafeInteger(first) && first > 0 && first % 2 ** 20 === 0)
    },

  'generation: endAll begins one where none was kept': async (store) => {
    const subject = newSubject()
    await store.endAll({ subject, keepUntil: KEEP, now: NOW })
    const { generation } = await store.lookUp({ subject, now: NOW })
    ok(generation !== undefined && generation % 2 ** 20 === 1)
    equal(await store.keepGeneration({ subject, keepUntil: KEEP, now: NOW }), generation)
    equal((await store.lookUp({ subject: newSubject(), now: NOW })).generation, undefined)
  },

  'generation: stays the same where it is kept for longer': async (store) => {
    const subject = newSubject()
    const first = await store.keepGeneration({ subject, keepUntil: NOW + HOUR, now: NOW })
    equal(await store.keepGeneration({ subject, keepUntil: NOW + 2 * HOUR, now: NOW }), first)
    equal((await store.lookUp({ subject, now: NOW + 2 * HOUR - 1 })).generation, first)
    await store.endAll({ subject, keepUntil: NOW + 3 * HOUR, now: NOW })
    equal(await store.keepGeneration({ subject, keepUntil: NOW + 4 * HOUR, now: NOW }), first + 1)
    equal((await store.lookUp({ subject, now: NOW + 4 * HOUR - 1 })).generation, first + 1)
  },

  'generation: is kept until the latest time that anyone asked for': async (store) => {
    const subject = newSubject()
    await store.keepGeneration({ subject, keepUntil: NOW + 9 * HOUR, now: NOW })
    await store.endAll({ subject, keepUntil: NOW + HOUR, now: NOW })
    const later = await store.lookUp({ subject, now: NOW + 9 * HOUR - 1 })
    ok(later.generation !== undefined && later.generation > 0)
    await store.endAll({ subject, keepUntil: NOW + 10 * HOUR, now: NOW })
    await store.keepGeneration({ subject, keepUntil: NOW + HOUR, now: NOW })
    const latest = await store.lookUp({ subject, now: NOW + 10 * HOUR - 1 })
    ok(latest.generation !== undefined && latest.generation > later.generation)
  },
}
