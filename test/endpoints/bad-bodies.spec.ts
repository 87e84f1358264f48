import { beforeAll, describe, expect, it } from '@jest/globals'
import { adapters } from '../support/adapters.js'
import { refused } from '../support/refusals.js'
import { ada, type AuthClient, startAuth } from './app.js'

const invalid = refused(400, 'request_invalid')

describe.each(adapters)('what is sent to the ready-made routes on $name', (adapter) => {
  let client: AuthClient

  beforeAll(async () => {
    client = await startAuth(adapter)
  })

  it.each<[string, unknown]>([
    ['an empty object', {}],
    ['an array', [ada]],
    ['an array with members', ['ada', 'first-engine']],
    ['no password', { username: 'ada' }],
    ['an empty name', { ...ada, username: '' }],
    ['an empty password', { ...ada, password: '' }],
    ['null', { ...ada, password: null }],
    ['a number', { ...ada, username: 1 }],
    ['a boolean', { ...ada, password: true }],
    ['a list of texts', { ...ada, username: ['ada'] }],
    ['an operator of a database', { ...ada, password: { $ne: '' } }],
    ['a text that is too long', { ...ada, password: 'x'.repeat(1025) }],
    ['members that are inherited', { constructor: ada }],
  ])('login refuses %s', async (_, body) => {
    expect(await client.app.post('/auth/login', body)).toMatchObject(invalid)
  })

  it('login takes 1,024 characters', async () => {
    const answer = await client.app.post('/auth/login', { ...ada, password: 'x'.repeat(1024) })

    expect(answer).toMatchObject(refused(401, 'credentials_invalid'))
  })

  it('login refuses no body at all, and one that is no JSON', async () => {
    const plain: [string, string][] = [['Content-Type', 'text/plain']]
    const answers = [
      await client.app.post('/auth/login', undefined),
      await client.app.send({ method: 'POST', path: '/auth/login', headers: plain, body: 'ada' }),
    ]

    for (const { status } of answers) expect([400, 415]).toContain(status)
  })

  it.each(['/auth/login', '/auth/refresh', '/auth/logout'])(
    '%s takes nothing from a prototype',
    async (path) => {
      const texts = [
        `{"__proto__":{"username":"ada","password":"first-engine","refresh_token":"a.b.c"}}`,
        `{"constructor":{"prototype":{"username":"ada","password":"first-engine"}}}`,
      ]
      for (const body of texts) {
        const { status } = await client.app.send({ method: 'POST', path, body })
        expect([400, 401]).toContain(status)
      }
      expect(Object.keys(Object.prototype)).toEqual([])
    },
  )

  it.each(['/auth/login', '/auth/refresh', '/auth/logout'])(
    '%s answers a body of a megabyte without an error of the server',
    async (path) => {
      const big = 'x'.repeat(2 ** 20 - 200)
      for (const body of [{ ...ada, password: big }, { refresh_token: big }]) {
        const { status } = await client.app.post(path, body)
        expect([400, 401, 413]).toContain(status)
      }
      expect((await client.app.post('/auth/login', ada)).status).toBe(200)
    },
  )

  it.each<[string, unknown, string]>([
    ['no body', undefined, 'token_missing'],
    ['an empty object', {}, 'token_missing'],
    ['an empty token', { refresh_token: '' }, 'token_missing'],
    ['a list', [{ refresh_token: 'a.b.c' }], 'token_missing'],
    ['the wrong name', { refreshToken: 'a.b.c' }, 'token_missing'],
    ['null', { refresh_token: null }, 'token_malformed'],
    ['a number', { refresh_token: 7 }, 'token_malformed'],
    ['a list of tokens', { refresh_token: ['a.b.c'] }, 'token_malformed'],
    ['an object', { refresh_token: { toString: 'a.b.c' } }, 'token_malformed'],
    ['a text that is no token', { refresh_token: 'not a token' }, 'token_malformed'],
    ['three parts of nothing', { refresh_token: 'a.b.c' }, 'token_malformed'],
    ['a token over 8 KiB', { refresh_token: 'a'.repeat(8193) }, 'token_malformed'],
  ])('refresh and logout refuse %s', async (_, body, code) => {
    expect(await client.app.post('/auth/refresh', body)).toMatchObject(refused(401, code))
    expect(await client.app.post('/auth/logout', body)).toMatchObject(refused(401, code))
  })
})
