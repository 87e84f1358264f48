import { equal, ok } from 'node:assert/strict'
import { type Cases, HOUR, KEEP, newSubject, NOW } from './fixture.js'

export const epochCases: Cases = {
  'epoch: none is kept at first; one once a token is admitted; more after each endAll': async (store) => {
    const subject = newSubject()
    equal((await store.lookUp({ subject }, NOW)).epoch, undefined)
    const first = await store.admit(subject, KEEP, NOW)
    equal(await store.admit(subject, KEEP, NOW), first)
    equal((await store.lookUp({ subject }, NOW)).epoch, first)
    await store.endAll(subject, undefined, KEEP, NOW)
    equal(await store.admit(subject, KEEP, NOW), first + 1)
    await store.endAll(subject, undefined, KEEP, NOW)
    equal((await store.lookUp({ subject }, NOW)).epoch, first + 2)
  },

  'epoch: of a shared store begins at a firstEpoch(), so that lost records are never found again': async (
    store,
  ) => {
    if (!store.isShared) return
    const firsts = new Set<number>()
    for (let count = 0; count < 20; count++) firsts.add(await store.admit(newSubject(), KEEP, NOW))
    ok(firsts.size > 15)
    for (const first of firsts) ok(Number.isSafeInteger(first) && first > 0 && first % 2 ** 20 === 0)
  },

  'epoch: endAll begins one where none was kept': async (store) => {
    const subject = newSubject()
    await store.endAll(subject, undefined, KEEP, NOW)
    const { epoch } = await store.lookUp({ subject }, NOW)
    ok(epoch !== undefined && epoch % 2 ** 20 === 1)
    equal(await store.admit(subject, KEEP, NOW), epoch)
    equal((await store.lookUp({ subject: newSubject() }, NOW)).epoch, undefined)
  },

  'epoch: is kept until the latest time that anyone asked for': async (store) => {
    const subject = newSubject()
    await store.admit(subject, NOW + 9 * HOUR, NOW)
    await store.endAll(subject, undefined, NOW + HOUR, NOW)
    const later = await store.lookUp({ subject }, NOW + 9 * HOUR - 1)
    ok(later.epoch !== undefined && later.epoch > 0)
    await store.endAll(subject, undefined, NOW + 10 * HOUR, NOW)
    await store.admit(subject, NOW + HOUR, NOW)
    const latest = await store.lookUp({ subject }, NOW + 10 * HOUR - 1)
    ok(latest.epoch !== undefined && latest.epoch > later.epoch)
  },
}
