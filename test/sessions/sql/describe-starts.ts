import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery } from 'kysely'
import type { Scratch } from './databases.js'

const NOW = 1_700_000_000_000
const INSTANCES = 8

/** Several instances start at once, on nothing. */
export function describeStarts<S extends Scratch>(
  make: () => Promise<S>,
  start: (scratch: S) => Promise<unknown> = startHere,
): void {
  describe('starts', () => {
    let scratch: S
    beforeEach(async () => {
      scratch = await make()
    })
    afterEach(() => scratch.drop())

    it('migrates once where eight instances start at once, and all may go on', async () => {
      await Promise.all(Array.from({ length: INSTANCES }, () => start(scratch)))
      const db = scratch.connect()
      expect(
        (await new SqlSessionStore({ db }).keepGeneration({ subject: 'ada', keepUntil: NOW + 1, now: NOW })) %
          2 ** 20,
      ).toBe(INSTANCES)
      const { rows } = await db.executeQuery(CompiledQuery.raw('select version from jwt_auth_schema'))
      expect(rows).toEqual([{ version: 1 }, { version: 2 }])
    })
  })
}

async function startHere(scratch: Scratch): Promise<void> {
  const store = new SqlSessionStore({ db: scratch.connect() })
  await store.migrate()
  await store.endAll({ subject: 'ada', keepUntil: NOW + 1, now: NOW })
}
