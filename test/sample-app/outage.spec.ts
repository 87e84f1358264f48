import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { demoUsers } from '../../sample-app/src/dev/demo-data.js'
import { adapters } from '../support/adapters.js'
import { cutWhileWaiting } from '../support/cut-while-waiting.js'
import { logs } from '../support/logs.js'
import { describeWith } from '../support/services.js'
import { Wire } from '../support/wire.js'
import { type Home, onRedis, onServer, Shop } from './shop.js'

const { admin, member } = demoUsers

describeWith('postgres', 'the sample app when its database goes away', (url) => {
  let wire: Wire
  let home: Home
  beforeAll(async () => {
    home = await onServer(url)
    wire = await Wire.to(home.env['DATABASE_URL'])
  })
  afterAll(async () => {
    await wire.cut()
    await home.remove()
  })

  describe.each(adapters)('with $name', ({ name }) => {
    it('answers 503 where the database is needed, and is well again once it is back', async () => {
      const shop = await Shop.open({ ...home.env, DATABASE_URL: wire.through, ADAPTER: name })
      shop.nest.useLogger(logs)
      const token = await shop.signIn(admin)
      expect(await statuses(shop, token)).toEqual([200, 200, 200, 404, 401])

      await wire.cut()
      const [items, ...others] = await calls(shop, token)
      expect(items?.headers['retry-after']).toMatch(/^\d+$/)
      expect(items?.body).toEqual({
        statusCode: 503,
        error: 'Service Unavailable',
        message: 'The database is unavailable. Try again shortly.',
      })
      expect(others.map(({ status }) => status)).toEqual([503, 503, 503, 401])

      await wire.mend()
      expect(await statuses(shop, token)).toEqual([200, 200, 200, 404, 401])
      await shop.close()
    })
  })

  it('answers 503 to a request whose query was waiting, and goes on', async () => {
    const shop = await Shop.open({ ...home.env, DATABASE_URL: wire.through })
    shop.nest.useLogger(logs)
    const answer = await cutWhileWaiting({ wire, table: 'items' }, () => shop.get('/items'))
    expect(answer).toMatchObject({ status: 503 })

    await wire.mend()
    expect(await shop.get('/items')).toMatchObject({ status: 200 })
    await shop.close()
  })
})

describeWith('redis', 'the sample app when its Redis goes away', (url) => {
  let wire: Wire
  let home: Home
  beforeAll(async () => {
    wire = await Wire.to(url)
    home = await onRedis(url)
  })
  afterAll(async () => {
    await wire.cut()
    await home.remove()
  })

  describe.each(adapters)('with $name', ({ name }) => {
    it('answers 503 where sessions are needed, and is well again once it is back', async () => {
      const shop = await Shop.open({ ...home.env, REDIS_URL: wire.through, ADAPTER: name })
      shop.nest.useLogger(logs)
      const token = await shop.signIn(admin)
      expect(await statuses(shop, token)).toEqual([200, 200, 200, 404, 401])

      await wire.cut()
      const [items, ...others] = await calls(shop, token)
      expect(items?.status).toBe(200)
      expect(others.map(({ status }) => status)).toEqual([503, 503, 503, 401])
      for (const { headers, body, status } of others.filter((answer) => answer.status === 503)) {
        expect(headers['retry-after']).toMatch(/^\d+$/)
        expect(body).toMatchObject({ statusCode: status, errorCode: 'store_unavailable' })
      }

      await wire.mend()
      // The client connects again by itself, a moment later.
      while ((await shop.get('/me', token)).status === 503);
      expect(await statuses(shop, token)).toEqual([200, 200, 200, 404, 401])
      await shop.close()
    })
  })
})

function calls(shop: Shop, token: string) {
  return Promise.all([
    shop.get('/items'),
    shop.get('/me', token),
    shop.post('/auth/login', member),
    shop.delete('/items/2147483647', token),
    shop.get('/me'),
  ])
}

async function statuses(shop: Shop, token: string): Promise<number[]> {
  return (await calls(shop, token)).map(({ status }) => status)
}
