import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { sessionStoreCases } from '@nest-jwt-auth/core/testing'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import type { Scratch } from './databases.js'

/** The promises of every store, or those whose name fits, in a place that is gone afterwards. */
export function describePromises(name: string, make: () => Promise<Scratch>, which = /./): void {
  describe(name, () => {
    let scratch: Scratch
    let store: SqlSessionStore

    beforeAll(async () => {
      scratch = await make()
      store = new SqlSessionStore({ db: scratch.connect() })
      await store.migrate()
    })
    afterAll(() => scratch.drop())

    for (const { name: promise, run } of sessionStoreCases(() => store)) {
      if (which.test(promise)) it(promise, run)
    }

    describe("with clock: 'given'", () => {
      const given = () => new SqlSessionStore({ db: scratch.connect(), clock: 'given' })
      for (const { name: promise, run } of sessionStoreCases(given)) {
        if (/^(grace|rotate)/.test(promise) && which.test(promise)) it(promise, run)
      }
    })
  })
}

/** The promises that rest on what a database does with statements that come at the same time. */
export const parallel = /^race|parallel|beside|^end|^exchange/
