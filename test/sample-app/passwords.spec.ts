import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createTestTokens } from '@nest-jwt-auth/core/testing'
import { type Mail, Mailer } from '../../sample-app/src/auth/mailer.js'
import { UsersService } from '../../sample-app/src/users/users.service.js'
import { adapters } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import { refused } from '../support/refusals.js'
import { type Home, onAnyDatabase, Shop } from './shop.js'

let home: Home
beforeAll(async () => {
  home = await onAnyDatabase()
})
afterAll(() => home.remove())

describe.each(adapters)('passwords and the audit log of the sample app, with $name', ({ name }) => {
  const user = { username: `ada-${name}`, password: 'correct horse' }
  let shop: Shop
  beforeAll(async () => {
    shop = await Shop.open({ ...home.env, ADAPTER: name })
    shop.nest.useLogger(logs)
    await shop.post('/auth/register', user)
  })
  afterAll(() => shop.close())

  const changePassword = (password: string, token?: string) =>
    shop.send({
      method: 'PUT',
      path: '/auth/password',
      body: { password },
      headers: token === undefined ? [] : [['Authorization', `Bearer ${token}`]],
    })

  it('are changed after a fresh login, which signs out every other device', async () => {
    const [here, there] = [await shop.signIn(user), await shop.signIn(user)]
    expect((await changePassword('short', here)).status).toBe(400)
    expect(await changePassword('battery staple')).toMatchObject(refused(401, 'token_missing'))
    expect((await changePassword('battery staple', here)).status).toBe(204)
    expect((await shop.get('/me', here)).status).toBe(200)
    expect(await shop.get('/me', there)).toMatchObject(refused(401, 'token_revoked'))
    expect((await shop.post('/auth/login', user)).status).toBe(401)
    user.password = 'battery staple'
    expect((await shop.post('/auth/login', user)).status).toBe(200)
  })

  it('are not changed after an old login, though its token is good', async () => {
    const account = await shop.nest.get(UsersService).findByName(user.username)
    const authTime = new Date(Date.now() - 11 * 60 * 1000)
    const old = await createTestTokens(shop.nest).accessToken(account, { authTime })
    expect((await shop.get('/me', old)).status).toBe(200)
    expect(await changePassword('battery staple', old)).toMatchObject(
      refused(401, 'insufficient_user_authentication'),
    )
  })

  it('are reset by a one-time token that is mailed, once, which ends every session', async () => {
    const session = await shop.signIn(user)
    const token = await mailedToken(shop, user.username)
    expect(await shop.get('/me', token)).toMatchObject(refused(401, 'token_wrong_type'))
    const reset = (password: string) => shop.post('/auth/password/reset', { token, password })
    expect((await reset('short')).status).toBe(400)
    user.password = 'correct horse again'
    expect((await reset(user.password)).status).toBe(204)
    expect(await reset('of a thief')).toMatchObject(refused(401, 'token_revoked'))
    expect(await shop.get('/me', session)).toMatchObject(refused(401, 'token_revoked'))
    expect((await shop.post('/auth/login', user)).status).toBe(200)
  })

  it('are not reset by an access token', async () => {
    const token = await shop.signIn(user)
    const answer = await shop.post('/auth/password/reset', { token, password: 'of a thief' })
    expect(answer).toMatchObject(refused(401, 'token_wrong_type'))
  })

  it('have no mail for a name that nobody has, and the same answer', async () => {
    const send = jest.spyOn(shop.nest.get(Mailer), 'send').mockResolvedValue()
    const unknown = await shop.post('/auth/password/forgotten', { username: 'nobody-here' })
    const known = await shop.post('/auth/password/forgotten', user)
    expect([unknown.status, unknown.text]).toEqual([202, ''])
    expect([known.status, known.text]).toEqual([202, ''])
    while (send.mock.calls.length === 0) await new Promise(setImmediate)
    expect(send.mock.calls.map(([{ to }]) => to)).toEqual([user.username])
    send.mockRestore()
  })

  it('leave a line for each login and each stolen refresh token, and no token in any line', async () => {
    logs.clear()
    const { body } = await shop.post('/auth/login', user)
    const first = Object(body)
    const second = Object((await shop.post('/auth/refresh', first)).body)
    await shop.post('/auth/refresh', second)
    await shop.post('/auth/refresh', first)
    expect(logs.text('log')).toContain('"type":"token.issued"')
    expect(logs.text('log')).toContain('"type":"token.refreshed"')
    expect(logs.text('warn')).toContain('"type":"refresh.reused"')
    for (const { access_token, refresh_token } of [first, second]) {
      expect(logs.text()).not.toContain(access_token)
      expect(logs.text()).not.toContain(refresh_token)
    }
  })
})

/** Asks for a new password, and takes the token from the mail that would be sent. */
async function mailedToken(shop: Shop, username: string): Promise<string> {
  const mailer = jest.spyOn(shop.nest.get(Mailer), 'send')
  const mailed = new Promise<Mail>((resolve) => {
    mailer.mockImplementation(async (mail) => resolve(mail))
  })
  expect((await shop.post('/auth/password/forgotten', { username })).status).toBe(202)
  const { to, text } = await mailed
  expect(to).toBe(username)
  mailer.mockRestore()
  return text
}
