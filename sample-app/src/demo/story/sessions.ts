import assert from 'node:assert/strict'
import { z } from 'zod'
import { claimsIn } from '../caller.js'
import type { Cast } from '../cast.js'

const Sessions = z.array(
  z.object({
    id: z.string(),
    current: z.boolean(),
    lastUsedAt: z.iso.datetime(),
    metadata: z.object({ device: z.string() }),
  }),
)

/** One user on several devices: refreshing, a stolen refresh token, and the ways to sign out. */
export async function sessionsStory({ newcomer, member, phone, laptop, credentials }: Cast): Promise<void> {
  await phone.signIn(credentials, 'the newcomer signs in on a phone')
  await laptop.signIn(credentials, 'and on a laptop')
  const listed = { status: 200, schema: Sessions }
  const sessions = await laptop.call('GET /auth/sessions', listed, 'sessions are listed with their device')
  const devices = sessions.map(({ metadata }) => metadata.device)
  assert.deepEqual(devices.toSorted(), ['Firefox on Android', 'Firefox on Linux', 'node'])
  assert.equal(sessions.find(({ current }) => current)?.metadata.device, 'Firefox on Linux')
  const first = sessions.find(({ metadata }) => metadata.device === 'node')
  const endFirst = `DELETE /auth/sessions/${first?.id}`
  await member.call(endFirst, { status: 404 }, 'nobody can end or find the session of another user')
  await laptop.call(endFirst, { status: 204 }, 'the newcomer ends the first session')
  await newcomer.isSignedOut('and its access token is refused immediately')

  const stolen = phone.held.refresh_token
  await phone.refresh('a refresh token is exchanged for a new pair of tokens')
  const successor = claimsIn(phone.held.refresh_token)['jti']
  await phone.refresh('the same one again (a second tab, a lost answer) gets the same pair', stolen)
  assert.equal(claimsIn(phone.held.refresh_token)['jti'], successor)
  await phone.refresh('the phone goes on with the new pair')
  await phone.isSignedIn('and is still signed in')
  await phone.cannotRefresh('refresh_reused', 'the old refresh token comes back: it was stolen', stolen)
  await phone.isSignedOut('so the session is over, and its access token is refused')
  await phone.cannotRefresh('token_revoked', 'and so is its newest refresh token')
  await laptop.isSignedIn('other sessions are not affected')

  await laptop.call('POST /auth/logout', { status: 204 }, 'the laptop signs out')
  await laptop.isSignedOut('and its access token is refused, although it has not expired')
  await laptop.call('POST /auth/logout', { status: 204 }, 'to sign out twice is no error')

  await phone.signIn(credentials, 'the newcomer signs in on the phone again')
  await laptop.signIn(credentials, 'and on the laptop')
  const live = await phone.follow('GET /items/live', 'the phone follows the items over a WebSocket')
  const lamp = { body: { name: 'Floor lamp' } }
  await laptop.call('POST /items', { status: 201 }, 'the laptop adds an item', lamp)
  await live.hears('changed', 'and the phone hears of it')
  await laptop.call('POST /auth/logout-all', { status: 204 }, 'the newcomer signs out everywhere')
  await live.isClosed(4401, 'which closes the WebSocket of the phone')
  await phone.isSignedOut('which ends the session on the phone')
  await laptop.isSignedOut('and the one on the laptop')
}
