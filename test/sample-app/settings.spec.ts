import { describe, expect, it } from '@jest/globals'
import { readSettings } from '../../sample-app/src/settings.js'

describe('the settings of the sample app', () => {
  it('need nothing in development', () => {
    const settings = readSettings({})
    expect(settings).toMatchObject({ adapter: 'express', host: '127.0.0.1', port: 3000, production: false })
    expect(settings).toMatchObject({ authMode: 'bearer', redisUrl: undefined })
    expect(settings.dataDir).toMatch(/sample-app.\.data$/)
    expect(Object.isFrozen(settings)).toBe(true)
  })

  it('take an empty variable for none', () => {
    expect(readSettings({ PORT: '', KEY_WRAP_SECRET: '', DATABASE_URL: '', REDIS_URL: '' })).toEqual(
      readSettings({}),
    )
  })

  it('need a secret in production', () => {
    const production = { NODE_ENV: 'production' }
    expect(() => readSettings(production)).toThrow('KEY_WRAP_SECRET is required in production')
    expect(() => readSettings({ ...production, KEY_WRAP_SECRET: '' })).toThrow('KEY_WRAP_SECRET is required')
    expect(readSettings({ ...production, KEY_WRAP_SECRET: 'x' })).toMatchObject({
      production: true,
      keyWrapSecret: 'x',
    })
  })

  it.each(['-1', '65536', '3000x', '1e3', '0x10', ' 80', '3000.5'])('do not take %p for a port', (PORT) => {
    expect(() => readSettings({ PORT })).toThrow('PORT must be a number from 0 to 65535')
  })

  it('say all that is wrong at once, and no secret', () => {
    const env = {
      NODE_ENV: 'production',
      ADAPTER: 'koa',
      PORT: 'http',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://root:hunter2@localhost/shop',
      REDIS_URL: 'http://:hunter2@localhost',
      AUTH_MODE: 'basic',
    }
    const message = messageOf(() => readSettings(env))
    for (const name of Object.keys(env).slice(1)) expect(message).toContain(`\n  ${name} `)
    expect(message).toContain('\n  KEY_WRAP_SECRET ')
    expect(message).not.toContain('hunter2')
  })
})

function messageOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('nothing was thrown')
}
