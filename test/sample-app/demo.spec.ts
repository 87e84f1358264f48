import { afterEach, describe, expect, it } from '@jest/globals'
import { adapters } from '../support/adapters.js'
import { describeWith } from '../support/services.js'
import { type Environment, query, redisKeys } from './shop.js'
import { ShopProcess } from './shop-process.js'

afterEach(() => ShopProcess.endAll())

describe('the demo', () => {
  it.each(adapters)('finds everything as promised with $name', async ({ name }) => {
    const demo = new ShopProcess('demo/main.js', { ADAPTER: name })
    expect([await demo.ended, demo.stderr]).toEqual([0, ''])
    expect(demo.stdout).toContain('Everything is as promised.')
    expect(demo.stdout).not.toContain('✗')
  })
})

describeWith('postgres', 'the demo on PostgreSQL', (url) => {
  it.each(adapters)(
    'finds everything as promised with $name, and leaves nothing behind',
    async ({ name }) => {
      const schemas = () => query(url, "select nspname from pg_namespace where nspname like 'shop_demo%'")
      const before = await schemas()
      const demo = new ShopProcess('demo/main.js', { ADAPTER: name, DATABASE_URL: url })
      expect([await demo.ended, demo.stderr]).toEqual([0, ''])
      expect(demo.stdout).toContain('Everything is as promised.')
      expect(await schemas()).toEqual(before)
    },
  )
})

describeWith('redis', 'the demo with sessions on Redis', (url) => {
  // An embedded database takes seconds to make, and has nothing to do with sessions on Redis.
  const postgres = process.env['TEST_DATABASE_URL']
  const server: Environment = postgres === undefined ? {} : { DATABASE_URL: postgres }

  it.each(adapters)(
    'finds everything as promised with $name, and leaves nothing behind',
    async ({ name }) => {
      const before = await redisKeys(url, 'shop_demo_')
      const demo = new ShopProcess('demo/main.js', { ADAPTER: name, REDIS_URL: url, ...server })
      expect([await demo.ended, demo.stderr]).toEqual([0, ''])
      expect(demo.stdout).toContain('Everything is as promised.')
      expect(await redisKeys(url, 'shop_demo_')).toEqual(before)
    },
  )
})
