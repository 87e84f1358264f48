import { equal, ok } from 'node:assert/strict'
import { type Cases, HOUR, KEEP, newSubject, NOW } from './fixture.js'

export const epochCases: Cases = {
  'epoch: none is kept at first; 0 once a token is admitted; more after each endAll': async (store) => {
    const subject = newSubject()
    equal((await store.lookUp({ subject }, NOW)).epoch, undefined)
    equal(await store.admit(subject, KEEP, NOW), 0)
    equal(await store.admit(subject, KEEP, NOW), 0)
    equal((await store.lookUp({ subject }, NOW)).epoch, 0)
    await store.endAll(subject, undefined, KEEP, NOW)
    const first = await store.admit(subject, KEEP, NOW)
    await store.endAll(subject, undefined, KEEP, NOW)
    const second = await store.admit(subject, KEEP, NOW)
    ok(0 < first && first < second)
  },

  'epoch: endAll begins one where none was kept': async (store) => {
    const subject = newSubject()
    await store.endAll(subject, undefined, KEEP, NOW)
    const { epoch } = await store.lookUp({ subject }, NOW)
    ok(epoch !== undefined && epoch > 0)
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
