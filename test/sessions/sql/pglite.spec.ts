import { afterAll, beforeAll, describe } from '@jest/globals'
import type { PGlite } from '@electric-sql/pglite'
import { openEmptyDatabase } from '../../support/empty-database.js'
import { onPglite } from './databases.js'
import { describePromises } from './describe-sql-store.js'
import { describeStarts } from './describe-starts.js'
import { describeTables } from './describe-tables.js'

describe('SqlSessionStore on PGlite', () => {
  let lite: PGlite
  beforeAll(async () => {
    lite = await openEmptyDatabase()
  })
  afterAll(() => lite.close())

  describePromises('keeps what a store promises', () => onPglite(lite))
  describeTables('postgresql.sql', () => onPglite(lite))
  describeStarts(() => onPglite(lite))
})
