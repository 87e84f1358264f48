import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { demoUsers } from '../../sample-app/src/dev/demo-data.js'
import { adapters } from '../support/adapters.js'
import type { Request } from '../support/http.js'
import { logs } from '../support/logs.js'
import { type Home, onAnyDatabase, Shop } from './shop.js'

interface Case {
  what: string
  send: Request
  status: number[]
  message?: string
}

const json = (body: unknown, path: string): Request => ({ method: 'POST', path, body })
const raw = (body: string, type = 'application/json'): Request => ({
  method: 'POST',
  path: '/auth/login',
  body,
  headers: [['Content-Type', type]],
})
const remove = (id: string): Request => ({ method: 'DELETE', path: `/items/${id}` })
const password = 'correct horse'

const cases: Case[] = [
  { what: 'a body that breaks off', send: raw('{"username":'), status: [400] },
  { what: 'an empty body', send: raw(''), status: [400] },
  { what: 'null', send: raw('null'), status: [400] },
  { what: 'an array', send: raw('[]'), status: [400], message: 'the body must be a JSON object' },
  { what: 'deep nesting', send: raw('['.repeat(50_000)), status: [400] },
  { what: 'plain text', send: raw('{}', 'text/plain'), status: [400, 415] },
  { what: 'XML', send: raw('<a/>', 'application/xml'), status: [400, 415] },
  { what: 'an unknown charset', send: raw('{}', 'application/json; charset=klingon'), status: [400, 415] },
  { what: '300 kB', send: json({ username: 'x'.repeat(300_000), password }, '/auth/login'), status: [413] },
  { what: '__proto__', send: raw('{"__proto__":{"username":"admin","password":"x"}}'), status: [400] },
  {
    what: 'constructor',
    send: raw('{"constructor":{"prototype":{"x":1}},"username":"a","password":"b"}'),
    status: [400, 401],
  },
  {
    what: 'no fields',
    send: json({}, '/auth/login'),
    status: [400],
    message: 'username: must be a string',
  },
  {
    what: 'operators in place of text',
    send: json({ username: { $ne: '' }, password: [''] }, '/auth/login'),
    status: [400],
    message: 'password: must be a string',
  },
  {
    what: 'a null byte',
    send: json({ username: 'a\0b', password }, '/auth/login'),
    status: [400],
    message: 'username: must not have control or broken characters',
  },
  {
    what: 'half a surrogate pair',
    send: raw(String.raw`{"username":"\ud800","password":"\udc00"}`),
    status: [400],
    message: 'password: must not have control or broken characters',
  },
  {
    what: 'a short password',
    send: json({ username: 'somebody', password: '1234567' }, '/auth/register'),
    status: [400],
    message: 'password: must have at least 8 characters',
  },
  {
    what: 'a password that is costly to hash',
    send: json({ username: 'somebody', password: 'x'.repeat(129) }, '/auth/register'),
    status: [400],
    message: 'password: must have at most 128 characters',
  },
  {
    what: 'a name that is no name',
    send: json({ username: "x'); drop table users;--", password }, '/auth/register'),
    status: [400],
    message: 'username: may have letters, digits and . _ @ + - only',
  },
  {
    what: 'an item without a name',
    send: json({ name: '' }, '/items'),
    status: [400],
    message: 'name: must not be empty',
  },
  {
    what: 'an item with a null byte',
    send: json({ name: 'a\0' }, '/items'),
    status: [400],
    message: 'name: must not have control or broken characters',
  },
  { what: 'no number', send: remove('abc'), status: [400], message: 'id: must be a positive whole number' },
  { what: 'zero', send: remove('0'), status: [400], message: 'id: must be a positive whole number' },
  { what: 'an exponent', send: remove('1e3'), status: [400], message: 'id: must be a positive whole number' },
  { what: 'beyond the column', send: remove('2147483648'), status: [400], message: 'id: is too large' },
  { what: 'far beyond it', send: remove('9'.repeat(40)), status: [400], message: 'id: is too large' },
  { what: 'a null byte in the path', send: remove('%00'), status: [400] },
  { what: 'a path that cannot be decoded', send: remove('%E0%A4%A'), status: [400] },
  { what: 'an id that nobody has', send: remove('2147483647'), status: [404] },
]

let home: Home
beforeAll(async () => {
  home = await onAnyDatabase()
})
afterAll(() => home.remove())

describe.each(adapters)('what no client of the sample app should send, with $name', ({ name }) => {
  let shop: Shop
  let token: string
  beforeAll(async () => {
    shop = await Shop.open({ ...home.env, ADAPTER: name })
    shop.nest.useLogger(logs)
    token = await shop.signIn(demoUsers.admin)
  })
  afterAll(() => shop.close())

  it.each(cases)('$what', async ({ send, status, message }) => {
    logs.clear()
    const answer = await shop.send({
      ...send,
      headers: [...(send.headers ?? []), ['Authorization', `Bearer ${token}`]],
    })
    expect(status).toContain(answer.status)
    expect(answer.body).toMatchObject({ statusCode: answer.status })
    if (message !== undefined) expect(Object(answer.body).message).toContain(message)
    expect(logs.text('error')).toBe('')
    expect(logs.text()).not.toContain(token)
  })
})
