import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Database } from '../../sample-app/src/database/database.js'
import { adapters } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import { describeWith } from '../support/services.js'
import { embedded, type Home, onRedis, onServer, Shop } from './shop.js'

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0'

describe('sessions of the sample app in its embedded database', () => tellStory(embedded))
describeWith('postgres', 'sessions of the sample app on PostgreSQL', (url) => tellStory(() => onServer(url)))
describeWith('redis', 'sessions of the sample app on Redis', (url) => tellStory(() => onRedis(url)))

function tellStory(makeHome: () => Promise<Home>): void {
  let home: Home
  beforeAll(async () => {
    home = await makeHome()
  })
  afterAll(() => home.remove())

  describe.each(adapters)('with $name', ({ name }) => {
    const user = { username: `ada-${name}`, password: 'correct horse' }
    const env = () => ({ ...home.env, ADAPTER: name })
    let shop: Shop
    beforeAll(async () => {
      shop = await Shop.open(env())
      shop.nest.useLogger(logs)
      await shop.post('/auth/register', user)
    })
    afterAll(() => shop.close())

    it('are listed with device and last use, and ended one by one or all at once', async () => {
      const here = await signIn(shop, user, firefox)
      const there = await signIn(shop, user, 'curl/8.5.0')
      const { status, headers, body } = await shop.get('/auth/sessions', here.access_token)
      expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)
      const listed = { id: expect.any(String), createdAt: time, lastUsedAt: time, expiresAt: time }
      expect(body).toHaveLength(2)
      expect(body).toContainEqual(
        expect.objectContaining({ ...listed, current: true, metadata: { device: 'Firefox on Linux' } }),
      )
      expect(body).toContainEqual(
        expect.objectContaining({ ...listed, current: false, metadata: { device: 'curl' } }),
      )

      const other = (body as { id: string; current: boolean }[]).find(({ current }) => !current)
      expect((await shop.delete(`/auth/sessions/${other?.id}`, here.access_token)).status).toBe(204)
      expect((await shop.get('/me', there.access_token)).body).toMatchObject({ errorCode: 'token_revoked' })
      expect((await shop.delete(`/auth/sessions/${other?.id}`, here.access_token)).status).toBe(404)

      expect((await shop.post('/auth/logout-all', undefined, here.access_token)).status).toBe(204)
      expect((await shop.get('/me', here.access_token)).body).toMatchObject({ errorCode: 'token_revoked' })
    })

    it('end with a logout, though the access token has not expired', async () => {
      const { access_token, refresh_token } = await signIn(shop, user)
      expect((await shop.post('/auth/logout', undefined, access_token)).status).toBe(204)
      expect((await shop.get('/me', access_token)).body).toMatchObject({ errorCode: 'token_revoked' })
      expect((await refresh(shop, refresh_token)).status).toBe(401)
      expect((await shop.post('/auth/logout', undefined, access_token)).status).toBe(204)
    })

    it('end when a refresh token comes back after its successor was used', async () => {
      const first = await signIn(shop, user)
      const second = await refresh(shop, first.refresh_token)
      const third = await refresh(shop, second.body.refresh_token)
      expect([second.status, third.status]).toEqual([200, 200])
      expect((await refresh(shop, first.refresh_token)).body).toMatchObject({ errorCode: 'refresh_reused' })
      expect((await shop.get('/me', third.body.access_token)).body).toMatchObject({
        errorCode: 'token_revoked',
      })
    })

    it('learn of a demotion at the next refresh, and of a user who is gone', async () => {
      const { refresh_token } = await signIn(shop, user)
      const database = shop.nest.get(Database)
      const row = { username: user.username }
      await database
        .updateTable('users')
        .set({ is_admin: true })
        .where('username', '=', row.username)
        .execute()
      const promoted = await refresh(shop, refresh_token)
      expect(claimsOf(shop, promoted)).toMatchObject({ is_admin: true })
      await database
        .updateTable('users')
        .set({ is_admin: false })
        .where('username', '=', row.username)
        .execute()
      const demoted = await refresh(shop, promoted.body.refresh_token)
      expect(claimsOf(shop, demoted)).toMatchObject({ is_admin: false })
      expect((await shop.delete('/items/2147483647', demoted.body.access_token)).status).toBe(403)

      const ghost = { username: `ghost-${name}`, password: 'correct horse' }
      await shop.post('/auth/register', ghost)
      const tokens = await signIn(shop, ghost)
      await database.deleteFrom('users').where('username', '=', ghost.username).execute()
      expect((await refresh(shop, tokens.refresh_token)).body).toMatchObject({
        errorCode: 'identity_unknown',
      })
    })

    it('outlive a restart, and what has ended stays ended', async () => {
      const [kept, ended] = [await signIn(shop, user), await signIn(shop, user)]
      await shop.post('/auth/logout', undefined, ended.access_token)
      await shop.close()
      shop = await Shop.open(env())
      expect((await shop.get('/me', kept.access_token)).status).toBe(200)
      expect((await refresh(shop, kept.refresh_token)).status).toBe(200)
      expect((await shop.get('/me', ended.access_token)).status).toBe(401)
      expect((await refresh(shop, ended.refresh_token)).status).toBe(401)
    })
  })
}

interface Tokens {
  access_token: string
  refresh_token: string
}

async function signIn(shop: Shop, user: object, userAgent?: string): Promise<Tokens> {
  const { body } = await shop.send({
    method: 'POST',
    path: '/auth/login',
    body: user,
    headers: userAgent === undefined ? [] : [['User-Agent', userAgent]],
  })
  return body as Tokens
}

async function refresh(shop: Shop, refreshToken: string) {
  const { status, body } = await shop.post('/auth/refresh', { refresh_token: refreshToken })
  return { status, body: body as Tokens }
}

function claimsOf(shop: Shop, { body }: { body: Tokens }): object {
  return shop.tokens.decodeUnverified(body.access_token).claims
}
