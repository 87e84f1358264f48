import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type RunningApp } from '../../support/adapters.js'
import { breakSignature, readToken } from '../../support/forge.js'
import { challengeOf, refused } from '../../support/refusals.js'
import { storesApp } from './app.js'
import { openDatabase, type OpenDatabase } from './database.js'

const start = Date.parse('2030-01-01T00:00:00Z')
const clock = new FakeClock(start)
let database: OpenDatabase

beforeAll(async () => {
  database = await openDatabase()
})

afterAll(() => database.close())

describe.each(adapters)('the stores of the REST API course on $name', (adapter) => {
  let app: RunningApp
  let admin: string
  let member: string

  beforeAll(async () => {
    clock.set(start)
    await database.reset()
    app = await startApp(adapter, storesApp(database.db), { clock })
    admin = await register('ada')
    member = await register('ben')
  })

  async function register(username: string): Promise<string> {
    const credentials = { username, password: `${username} likes engines` }
    expect(await app.post('/register', credentials)).toMatchObject({ status: 201, body: { username } })
    const answer = await app.post('/login', credentials)
    return (answer.body as { access_token: string }).access_token
  }

  async function newItem(): Promise<number> {
    const store = await app.post('/stores', { name: 'the chair shop' }, admin)
    const { id } = store.body as { id: number }
    const item = await app.post('/items', { name: 'chair', price: 17, store_id: id }, admin)
    expect(item).toMatchObject({ status: 201, body: { name: 'chair', store_id: id } })
    return (item.body as { id: number }).id
  }

  it('takes a name once, and refuses a wrong password', async () => {
    expect(await app.post('/register', { username: 'ada', password: 'x' })).toMatchObject({ status: 409 })
    expect(await app.post('/login', { username: 'ada', password: 'guess' })).toMatchObject(
      refused(401, 'credentials_invalid'),
    )
  })

  it('knows by the loader who is an admin', () => {
    expect(readToken(admin).claims).toMatchObject({ sub: '1', is_admin: true })
    expect(readToken(member).claims).toMatchObject({ sub: '2', is_admin: false })
  })

  it('finds the user behind the token in the database', async () => {
    expect(await app.get('/me', member)).toMatchObject({ status: 200, body: { id: 2, username: 'ben' } })
  })

  it('lets every user read a store with its items', async () => {
    const store = await app.post('/stores', { name: `corner shop on ${adapter.name}` }, member)
    const { id } = store.body as { id: number }
    await app.post('/items', { name: 'lamp', price: 30, store_id: id }, member)

    expect(await app.get(`/stores/${id}`)).toMatchObject(refused(401, 'token_missing'))
    expect(await app.get(`/stores/${id}`, member)).toMatchObject({
      status: 200,
      body: { id, items: [{ name: 'lamp', price: 30 }] },
    })
  })

  it('keeps deleting for the admin', async () => {
    const id = await newItem()

    expect(await app.delete(`/items/${id}`)).toMatchObject(refused(401, 'token_missing'))
    expect(await app.delete(`/items/${id}`, member)).toMatchObject({
      status: 403,
      body: { errorCode: 'insufficient_claims', message: 'Admin privilege required.' },
    })
    expect(await app.delete(`/items/${id}`, admin)).toMatchObject({
      status: 200,
      body: { message: 'Item deleted.' },
    })
    expect(await app.delete(`/items/${id}`, admin)).toMatchObject({ status: 404 })
  })

  it('wants a fresh login before an item is added', async () => {
    clock.advance('5m')
    const answer = await app.post('/items', { name: 'chair', price: 17, store_id: 1 }, admin)

    expect(answer).toMatchObject(refused(401, 'insufficient_user_authentication'))
    expect(challengeOf(answer)?.parameters).toMatchObject({ max_age: '300' })
  })

  it('answers an expired token in its own words', async () => {
    clock.set(start + 15 * 60_000)
    const answer = await app.get('/me', member)

    expect(answer.status).toBe(401)
    expect(answer.body).toEqual({ message: 'The token has expired.', error: 'token_expired' })
    expect(challengeOf(answer)?.parameters['error']).toBe('invalid_token')
  })

  it('leaves every other refusal as it is', async () => {
    expect(await app.get('/me', breakSignature(member))).toMatchObject(
      refused(401, 'token_signature_invalid'),
    )
  })
})
