import assert from 'node:assert/strict'
import { claimsIn, has, holds, isDead, isGood, refresh, tokensOf } from '../checks.js'
import type { Step } from '../step.js'

/** The same shop on the same data; while it was closed, the admin became an ordinary member. */
export const afterRestart: readonly Step[] = [
  isGood('member', 'the member is still signed in'),
  refresh('member', { proves: 'and goes on' }),
  isDead('laptop', 'who had signed out stays signed out'),
  {
    method: 'DELETE',
    path: '/items/2147483647',
    as: 'admin',
    status: 404,
    proves: "the admin's token is from before: it would still delete an item",
  },
  refresh('admin', {
    proves: 'the next refresh looks at the database again',
    check: (answer, memory) => {
      holds('admin')(answer, memory)
      assert.equal(claimsIn(tokensOf(memory, 'admin').access_token)['is_admin'], false)
    },
  }),
  {
    method: 'DELETE',
    path: '/items/2147483647',
    as: 'admin',
    status: 403,
    proves: 'who is no admin any more deletes nothing',
    check: ({ body }) => has(body, { errorCode: 'insufficient_claims' }),
  },
]
