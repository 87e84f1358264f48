import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { Database } from '../../sample-app/src/database/database.js'
import { demoUsers } from '../../sample-app/src/dev/demo-data.js'
import { Passwords } from '../../sample-app/src/users/passwords.js'
import { adapters } from '../support/adapters.js'
import { describeWith } from '../support/services.js'
import { embedded, type Home, onServer, Shop } from './shop.js'

const { admin, member } = demoUsers

describe('the sample app on its embedded database', () => tellStory(embedded))
describeWith('postgres', 'the sample app on PostgreSQL', (url) => tellStory(() => onServer(url)))

function tellStory(makeHome: () => Promise<Home>): void {
  let home: Home
  beforeAll(async () => {
    home = await makeHome()
  })
  afterAll(() => home.remove())

  // The second adapter finds the data that the first has made.
  describe.each(adapters)('with $name', ({ name }) => {
    let shop: Shop
    let admins: string
    let members: string
    beforeAll(async () => {
      shop = await Shop.open({ ...home.env, ADAPTER: name })
      admins = await shop.signIn(admin)
      members = await shop.signIn(member)
    })
    afterAll(() => shop.close())

    it('registers a user once, whatever the case of the name, and never an admin', async () => {
      const user = { username: `Mira.${name}`, password: 'correct horse' }
      const first = await shop.post('/auth/register', { ...user, is_admin: true, id: 1 })
      expect(first.status).toBe(201)
      expect(first.body).toEqual({ id: expect.any(Number), username: user.username, is_admin: false })

      const second = await shop.post('/auth/register', { ...user, username: user.username.toUpperCase() })
      expect(second.status).toBe(409)
      expect(second.body).toMatchObject({ message: 'username: is already taken' })

      const me = await shop.get('/me', await shop.signIn({ ...user, username: user.username.toLowerCase() }))
      expect(me.status).toBe(200)
      expect(me.body).toEqual(first.body)
    })

    it('registers one of many who want the same name at once', async () => {
      const user = { username: `race-${name}`, password: 'correct horse' }
      const answers = await Promise.all(Array.from({ length: 5 }, () => shop.post('/auth/register', user)))
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => status === 201)).toHaveLength(1)
      expect(statuses.filter((status) => status === 409)).toHaveLength(4)
    })

    it('answers a login with the OAuth token response, for no cache to keep', async () => {
      const { status, headers, body } = await shop.post('/auth/login', member)
      expect(status).toBe(200)
      expect(body).toMatchObject({
        token_type: 'Bearer',
        access_token: expect.any(String),
        expires_in: expect.any(Number),
      })
      expect(headers['cache-control']).toContain('no-store')
    })

    it('answers an unknown user and a wrong password alike, after the same work', async () => {
      const verify = jest.spyOn(shop.nest.get(Passwords), 'verify')
      const unknown = await shop.post('/auth/login', { username: 'nobody', password: 'wrong-password' })
      const wrong = await shop.post('/auth/login', { username: 'admin', password: 'wrong-password' })
      expect(unknown.status).toBe(401)
      expect(unknown.body).toMatchObject({ errorCode: 'credentials_invalid' })
      expect([wrong.status, wrong.body]).toEqual([unknown.status, unknown.body])
      expect(verify).toHaveBeenCalledTimes(2)
      verify.mockRestore()
    })

    it('shows items to everybody, and to a member which are their own', async () => {
      const created = await shop.post('/items', { name: 'Brass lamp' }, members)
      expect(created.status).toBe(201)
      const { id } = Object(created.body)
      expect(created.body).toEqual({ id, name: 'Brass lamp', mine: true })
      expect(await shop.items()).toContainEqual({ id, name: 'Brass lamp' })
      expect(await shop.items(members)).toContainEqual({ id, name: 'Brass lamp', mine: true })
      expect(await shop.items(admins)).toContainEqual({ id, name: 'Brass lamp', mine: false })
    })

    it('refuses a deletion to a member and to nobody, and does it for an admin', async () => {
      const created = await shop.post('/items', { name: 'Tin soldier' }, members)
      const { id } = Object(created.body)
      const nobody = await shop.delete(`/items/${id}`)
      expect(nobody.status).toBe(401)
      expect(nobody.body).toMatchObject({ errorCode: 'token_missing' })

      const refused = await shop.delete(`/items/${id}`, members)
      expect(refused.status).toBe(403)
      expect(refused.body).toMatchObject({
        errorCode: 'insufficient_claims',
        message: 'An admin is needed to delete items.',
      })
      expect(await shop.items()).toContainEqual({ id, name: 'Tin soldier' })

      const deleted = await shop.delete(`/items/${id}`, admins)
      expect([deleted.status, deleted.body]).toEqual([200, { message: 'Item deleted.' }])
      expect((await shop.items()).map((item) => item.id)).not.toContain(id)
      expect((await shop.delete(`/items/${id}`, admins)).status).toBe(404)
    })

    it('takes is_admin from the users table when a token is issued', async () => {
      const user = { username: `climber-${name}`, password: 'correct horse' }
      await shop.post('/auth/register', user)
      const before = await shop.signIn(user)
      await shop.nest
        .get(Database)
        .updateTable('users')
        .set({ is_admin: true })
        .where('username', '=', user.username)
        .execute()
      const after = await shop.signIn(user)
      expect(shop.tokens.decodeUnverified(before).claims).toMatchObject({ is_admin: false })
      expect(shop.tokens.decodeUnverified(after).claims).toMatchObject({ is_admin: true })
      expect((await shop.delete('/items/2147483647', before)).status).toBe(403)
      expect((await shop.delete('/items/2147483647', after)).status).toBe(404)
    })

    it('knows nobody by the token of a user who is gone', async () => {
      const user = { username: `ghost-${name}`, password: 'correct horse' }
      await shop.post('/auth/register', user)
      const token = await shop.signIn(user)
      await shop.nest.get(Database).deleteFrom('users').where('username', '=', user.username).execute()
      const { status, body } = await shop.get('/me', token)
      expect(status).toBe(401)
      expect(body).toMatchObject({ errorCode: 'identity_unknown' })
    })
  })
}
