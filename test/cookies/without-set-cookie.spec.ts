import { describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, type Adapter } from '../support/adapters.js'
import { startCookies, type Settings } from './app.js'
import { clearedIn, cookiesOf } from './browser.js'

/** As the adapters of Nest 11 are: they append headers and know nothing of cookies. */
function older(adapter: Adapter): Adapter {
  return {
    ...adapter,
    create: () => Object.defineProperty(adapter.create(), 'setCookie', { value: undefined }),
  }
}

describe.each(adapters)('a $name adapter without setCookie', (adapter) => {
  const clock = new FakeClock()

  it.each<Settings>([
    {},
    { csrf: { doubleSubmit: true } },
    { cookies: { secure: false } },
    { cookies: { domain: 'example.com', sameSite: 'none', refreshToken: { path: '/a' } } },
  ])('sets and clears the same cookies: %j', async (settings) => {
    const [now, before] = await Promise.all(
      [adapter, older(adapter)].map((each) => startCookies(each, settings, { clock })),
    )
    const answers = [now, before].map(async (app) => {
      const set = cookiesOf(await app!.post('/own/themed', undefined))
      const cleared = clearedIn(await app!.post('/own/logout', undefined))
      return [...set.values(), ...cleared].map(({ name, attributes }) => ({ name, attributes }))
    })

    const [expected, seen] = await Promise.all(answers)
    expect(seen).toEqual(expected)
    expect(expected?.length).toBeGreaterThanOrEqual(5)
  })
})
