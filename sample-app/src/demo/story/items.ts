import assert from 'node:assert/strict'
import { z } from 'zod'
import { demoUsers } from '../../dev/demo-data.js'
import type { Caller } from '../caller.js'
import type { Cast } from '../cast.js'

const Item = z.looseObject({ id: z.number() })
const Items = z.array(Item)

/** Who may do what. */
export async function itemsStory({ nobody, newcomer, member, admin, credentials }: Cast): Promise<void> {
  const register = (body: object, status: number, proves: string, answer = {}) =>
    nobody.call('POST /auth/register', { status, body: answer }, proves, { body })

  const registered = { username: credentials.username, is_admin: false }
  const asAdmin = { ...credentials, is_admin: true }
  await register(asAdmin, 201, 'anybody may register, but not as an admin', registered)
  await register(credentials, 409, 'a name is given once')
  const short = { username: 'somebody', password: 'short' }
  const problem = { message: ['password: must have at least 8 characters'] }
  await register(short, 400, 'a bad input is refused, and the answer names the field', problem)
  const wrong = { body: { ...credentials, password: 'not-my-password' } }
  const refused = { status: 401, errorCode: 'credentials_invalid' }
  await nobody.call('POST /auth/login', refused, 'a wrong password is refused', wrong)

  await newcomer.signIn(credentials, 'the newcomer signs in, and no cache stores the answer')
  await member.signIn(demoUsers.member, 'the member signs in')
  await admin.signIn(demoUsers.admin, 'the admin signs in')
  const User = z.strictObject({ id: z.number(), username: z.string(), is_admin: z.boolean() })
  await newcomer.call('GET /me', { status: 200, schema: User }, 'the token says who is calling')
  const missing = { status: 401, errorCode: 'token_missing' }
  await nobody.call('GET /me', missing, 'without a token the answer is 401')

  const lamp = { name: 'Brass lamp' }
  const created = { status: 201, body: { ...lamp, mine: true }, schema: Item }
  const { id } = await member.call('POST /items', created, 'the member adds an item', { body: lamp })
  const item = async (caller: Caller, proves: string) => {
    const items = await caller.call('GET /items', { status: 200, schema: Items }, proves)
    return items.find((found) => found.id === id)
  }
  assert.deepEqual(await item(nobody, 'everybody may see the items'), { id, ...lamp })
  const seen = await item(member, 'users who are signed in also see which items are theirs')
  assert.deepEqual(seen, { id, ...lamp, mine: true })

  const theItem = `DELETE /items/${id}`
  const denied = {
    status: 403,
    errorCode: 'insufficient_claims',
    body: { message: 'An admin is needed to delete items.' },
  }
  await member.call(theItem, denied, 'a member may not delete it, and the answer says why')
  await nobody.call(theItem, missing, 'neither may a caller without a token')
  const forged = { token: forge(member.held.access_token) }
  const invalid = { status: 401, errorCode: 'token_signature_invalid' }
  await member.call(theItem, invalid, 'neither may a member who edits is_admin in the token', forged)
  assert.ok(await item(admin, 'the item is still there'))
  await admin.call(theItem, { status: 200, body: { message: 'Item deleted.' } }, 'the admin deletes it')
  assert.equal(await item(nobody, 'now the item is gone'), undefined)
  await admin.call(theItem, { status: 404 }, 'and cannot be deleted twice')
}

/** The token with `is_admin: true` in it, under the old signature. */
function forge(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = Buffer.from(payload, 'base64url').toString()
  const forged = claims.replace('"is_admin":false', '"is_admin":true')
  assert.notEqual(forged, claims)
  return [header, Buffer.from(forged).toString('base64url'), signature].join('.')
}
