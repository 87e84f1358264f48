import assert from 'node:assert/strict'
import { claimsIn } from '../caller.js'
import type { Cast } from '../cast.js'

const SOME_ITEM = 'DELETE /items/2147483647'

/** The same shop on the same data. While it was closed, the admin became an ordinary member. */
export async function afterRestartStory({ member, laptop, admin }: Cast): Promise<void> {
  await member.isSignedIn('the member is still signed in')
  await member.refresh('and can refresh')
  await laptop.isSignedOut('the laptop stays signed out')
  await admin.call(SOME_ITEM, { status: 404 }, "the admin's access token still says is_admin")
  await admin.refresh('a refresh loads the claims again')
  assert.equal(claimsIn(admin.held.access_token)['is_admin'], false)
  const denied = { status: 403, errorCode: 'insufficient_claims' }
  await admin.call(SOME_ITEM, denied, 'a former admin may not delete items')
}
