import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { demoUsers } from '../../demo-data.js'
import { has, refused, signIn } from '../checks.js'
import type { Answer, Memory, Step } from '../step.js'

const { admin, member } = demoUsers
export const newcomer = {
  username: `newcomer-${randomBytes(4).toString('hex')}`,
  password: 'a-password-of-my-own',
}

const Item = z.looseObject({ id: z.number() })
const Items = z.array(Item)

/** Who may do what. */
export const shop: readonly Step[] = [
  {
    method: 'POST',
    path: '/auth/register',
    body: { ...newcomer, is_admin: true },
    status: 201,
    proves: 'anybody may register, and nobody becomes an admin by asking',
    check: ({ body }) => has(body, { username: newcomer.username, is_admin: false }),
  },
  {
    method: 'POST',
    path: '/auth/register',
    body: newcomer,
    status: 409,
    proves: 'a name is given once',
  },
  {
    method: 'POST',
    path: '/auth/register',
    body: { username: 'somebody', password: 'short' },
    status: 400,
    proves: 'bad input is answered with the field that is bad',
    check: ({ body }) => assert.match(JSON.stringify(body), /password: must have at least 8 characters/),
  },
  {
    method: 'POST',
    path: '/auth/login',
    body: { ...newcomer, password: 'not-my-password' },
    status: 401,
    proves: 'a wrong password is refused',
    check: ({ body }) => has(body, { errorCode: 'credentials_invalid' }),
  },
  signIn('newcomer', newcomer),
  signIn('member', member),
  signIn('admin', admin),
  {
    method: 'GET',
    path: '/me',
    as: 'newcomer',
    status: 200,
    proves: 'the token says who is calling; the password stays where it is',
    check: ({ body }) => {
      has(body, { username: newcomer.username })
      assert.doesNotMatch(JSON.stringify(body), /password|argon2/)
    },
  },
  {
    method: 'GET',
    path: '/me',
    status: 401,
    proves: 'without a token there is nobody',
    check: refused('token_missing'),
  },
  {
    method: 'POST',
    path: '/items',
    as: 'member',
    body: { name: 'Brass lamp' },
    status: 201,
    proves: 'a member puts up an item',
    check: ({ body }, memory) => {
      has(body, { name: 'Brass lamp', mine: true })
      memory.itemId = Item.parse(body).id
    },
  },
  {
    method: 'GET',
    path: '/items',
    status: 200,
    proves: 'everybody may look',
    check: (answer, memory) =>
      assert.deepEqual(find(answer, memory), { id: memory.itemId, name: 'Brass lamp' }),
  },
  {
    method: 'GET',
    path: '/items',
    as: 'member',
    status: 200,
    proves: 'and who is signed in sees what is theirs',
    check: (answer, memory) => has(find(answer, memory), { mine: true }),
  },
  {
    method: 'DELETE',
    path: theItem,
    as: 'member',
    status: 403,
    proves: 'a member may not delete, and is told why',
    check: ({ body }) =>
      has(body, { errorCode: 'insufficient_claims', message: 'An admin is needed to delete items.' }),
  },
  { method: 'DELETE', path: theItem, status: 401, proves: 'nor may nobody', check: refused('token_missing') },
  {
    method: 'DELETE',
    path: theItem,
    as: 'forger',
    token: ({ tokens }) => forge(tokens.get('member')?.access_token ?? ''),
    status: 401,
    proves: 'nor who writes is_admin into the token by hand',
    check: refused('token_signature_invalid'),
  },
  {
    method: 'GET',
    path: '/items',
    as: 'admin',
    status: 200,
    proves: 'the item is still there',
    check: (answer, memory) => has(find(answer, memory), { mine: false }),
  },
  {
    method: 'DELETE',
    path: theItem,
    as: 'admin',
    status: 200,
    proves: 'the admin deletes it',
    check: ({ body }) => assert.deepEqual(body, { message: 'Item deleted.' }),
  },
  {
    method: 'GET',
    path: '/items',
    status: 200,
    proves: 'the item is gone',
    check: (answer, memory) => assert.equal(find(answer, memory), undefined),
  },
  { method: 'DELETE', path: theItem, as: 'admin', status: 404, proves: 'and cannot be deleted twice' },
]

/** The member's own token with `is_admin: true` in it, under the old signature. */
function forge(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = Buffer.from(payload, 'base64url').toString()
  const forged = claims.replace('"is_admin":false', '"is_admin":true')
  assert.notEqual(forged, claims)
  return [header, Buffer.from(forged).toString('base64url'), signature].join('.')
}

function theItem({ itemId }: Memory): string {
  return `/items/${itemId}`
}

function find({ body }: Answer, { itemId }: Memory): object | undefined {
  return Items.parse(body).find(({ id }) => id === itemId)
}
