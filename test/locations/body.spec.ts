import { beforeAll, describe, expect, it } from '@jest/globals'
import { adapters, type RunningApp } from '../support/adapters.js'
import {
  found,
  issue,
  malformed,
  missing,
  posted,
  startLocating,
  type Locations,
} from '../support/locations.js'

describe.each(adapters)('a token in the body on $name', (adapter) => {
  let app: RunningApp
  let token: string

  beforeAll(async () => {
    app = await startLocating(adapter, ['body'])
    token = await issue(app)
  })

  const sendAs = (type: string, body: string) =>
    app.send({ method: 'POST', path: '/me', body, headers: [['Content-Type', type]] })

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'APPLICATION/JSON; Charset="utf-8"',
  ])('is found in %s', async (type) => {
    expect(await sendAs(type, JSON.stringify({ access_token: token }))).toMatchObject(found)
  })

  it('is found in a form', async () => {
    expect(await sendAs('application/x-www-form-urlencoded', `access_token=${token}`)).toMatchObject(found)
    expect(
      await sendAs('application/x-www-form-urlencoded', `access_token=${token}&access_token=${token}`),
    ).toMatchObject(malformed)
  })

  it.each(['text/plain', 'application/octet-stream', 'application/xml', 'text/json'])(
    'lets nobody in as %s, which nobody parses',
    async (type) => {
      // Express leaves the body alone, Fastify refuses the type before any guard.
      expect([401, 415]).toContain((await sendAs(type, JSON.stringify({ access_token: token }))).status)
    },
  )

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is found whatever the method: %s', async (method) => {
    expect(await app.send({ method, path: '/me', body: { access_token: token } })).toMatchObject(found)
  })

  it('is absent from a list, even from one that holds an object with it', async () => {
    expect(await app.send(posted([{ access_token: token }]))).toMatchObject(missing)
    expect(await app.send(posted([token]))).toMatchObject(missing)
    expect(await app.send(posted([]))).toMatchObject(missing)
  })

  it.each([7, 0, true, false, null, {}, { access_token: 'x' }, ['x']])(
    'is malformed where it is %j',
    async (value) => {
      expect(await app.send(posted({ access_token: value }))).toMatchObject(malformed)
    },
  )

  it.each([
    {},
    { access_token: '' },
    { Access_Token: 'x' },
    { refresh_token: 'x' },
    { data: { access_token: 'x' } },
  ])('is absent from %j', async (body) => {
    expect(await app.send(posted(body))).toMatchObject(missing)
  })

  it('is no member that every object has', async () => {
    const inherited = await startLocating(adapter, [{ body: 'constructor' }, { body: 'toString' }])

    expect(await inherited.send(posted({}))).toMatchObject(missing)
  })

  it.each<[string, Locations[number]]>([
    ['access_token', 'body'],
    ['token', { body: 'token' }],
  ])('takes the body field %s', async (name, location) => {
    const app = await startLocating(adapter, [location])
    const token = await issue(app)

    expect(await app.send(posted({ [name]: token }))).toMatchObject(found)
    expect(await app.send(posted({ [name]: [token] }))).toMatchObject(malformed)
    for (const body of [{}, [], [token], 'null', '7', `"${token}"`, { other: token }]) {
      expect((await app.send(posted(body))).status).toBeLessThan(500)
      expect((await app.send(posted(body))).status).toBeGreaterThanOrEqual(400)
    }
    for (const value of [7, true, { text: token }]) {
      expect((await app.send(posted({ [name]: value }))).status).toBe(401)
    }
    expect(await app.get('/me')).toMatchObject(missing)
    expect(await app.send({ method: 'POST', path: '/me' })).toMatchObject(missing)
  })
})
