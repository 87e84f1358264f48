import { describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { DAY, kidOf, MINUTE, settled, START, startInstance, TestKeyStore } from './fleet.js'

const states = (infos: readonly { kid: string; state: string }[]) => infos.map(({ state }) => state)

describe('a key of keyRotation', () => {
  it('signs immediately if it is the first one', async () => {
    const { tokens, keys } = await startInstance(new TestKeyStore())

    const token = await tokens.issueAccessToken('ada')

    const [first] = await keys.list()
    expect(kidOf(token)).toBe(first?.kid)
    expect(first).toMatchObject({ state: 'signing', algorithm: 'ES256', isListed: true, wrap: '2030' })
    expect(first?.signsUntil).toEqual(new Date(START + 90 * DAY))
    expect(tokens.publicKeys().keys.map(({ kid }) => kid)).toEqual([first?.kid])
    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'ada' } })
  })

  it('has whole dates, and is read by every instance, under a clock with fractions of a millisecond', async () => {
    const store = new TestKeyStore()
    const clock = new FakeClock(START + 0.4)
    const one = await startInstance(store, { clock })
    const { signsFrom } = await one.keys.rotate()
    const other = await startInstance(store, { clock })
    await other.tokens.verify(await one.tokens.issueAccessToken('ada'))
    clock.set(signsFrom.getTime() - 0.4)
    expect(kidOf(await one.tokens.issueAccessToken('ada'))).not.toBe((await one.keys.list()).at(-1)?.kid)
    clock.set(signsFrom.getTime() + 0.4)
    expect(kidOf(await one.tokens.issueAccessToken('ada'))).toBe((await one.keys.list()).at(-1)?.kid)
  })

  it('is announced before it signs, signs, is listed, verifies, and is gone', async () => {
    const instance = await startInstance(new TestKeyStore())
    const { tokens, keys, clock, events } = instance
    const [first] = await keys.list()
    const at = async (time: number) => {
      clock.set(START + time)
      await settled([instance])
      const kid = kidOf(await tokens.issueAccessToken('ada'))
      return {
        kid,
        states: states(await keys.list()),
        listed: tokens.publicKeys().keys.map((key) => key.kid),
      }
    }

    expect(await at(89 * DAY - 2 * MINUTE)).toMatchObject({ kid: first?.kid, states: ['signing'] })
    const announced = await at(89 * DAY - MINUTE / 2)
    const second = (await keys.list()).at(1)?.kid
    expect(announced).toEqual({
      kid: first?.kid,
      states: ['signing', 'announced'],
      listed: [first?.kid, second],
    })
    expect(events).not.toContain('key.rotated')
    expect(await at(90 * DAY - 1)).toMatchObject({ kid: first?.kid })
    expect(await at(90 * DAY)).toEqual({
      kid: second,
      states: ['verifying', 'signing'],
      listed: [first?.kid, second],
    })
    expect(events.filter((type) => type === 'key.rotated')).toHaveLength(1)
    expect(await at(90 * DAY + 29 * MINUTE)).toMatchObject({ listed: [first?.kid, second] })
    expect(await at(90 * DAY + 30 * MINUTE)).toMatchObject({
      listed: [second],
      states: ['verifying', 'signing'],
    })
    expect(await at(120 * DAY + 14 * MINUTE)).toMatchObject({ states: ['verifying', 'signing'] })
    expect(await at(120 * DAY + 16 * MINUTE)).toMatchObject({ states: ['signing'] })
  })

  it('is listed and verifies for clockTolerance longer', async () => {
    const instance = await startInstance(new TestKeyStore(), { clockTolerance: '5m' })
    const { tokens, keys, clock } = instance
    const statesAt = async (time: number) => {
      clock.set(START + time)
      await settled([instance])
      return { states: states(await keys.list()), listed: tokens.publicKeys().keys.length }
    }

    await statesAt(89 * DAY)
    expect(await statesAt(90 * DAY + 34 * MINUTE)).toMatchObject({ listed: 2 })
    expect(await statesAt(90 * DAY + 35 * MINUTE)).toMatchObject({ listed: 1 })
    expect(await statesAt(120 * DAY + 19 * MINUTE)).toMatchObject({ states: ['verifying', 'signing'] })
    expect(await statesAt(120 * DAY + 21 * MINUTE)).toMatchObject({ states: ['signing'] })
  })

  it('of HS256 rotates like any other, and is never in the JWKS', async () => {
    const instance = await startInstance(new TestKeyStore(), { rotation: { algorithm: 'HS256' } })
    const { tokens, keys, clock } = instance
    const { accessToken, refreshToken = '' } = await tokens.issue('ada')
    const listed: number[] = []
    for (const time of [0, 89 * DAY - MINUTE / 2, 90 * DAY, 90 * DAY + MINUTE]) {
      clock.set(START + time)
      await settled([instance])
      listed.push(tokens.publicKeys().keys.length)
    }
    expect(listed).toEqual([0, 0, 0, 0])
    expect((await keys.list()).map(({ state, isListed }) => [state, isListed])).toEqual([
      ['verifying', false],
      ['signing', false],
    ])
    expect(kidOf(await tokens.issueAccessToken('ada'))).not.toBe(kidOf(accessToken))
    await expect(tokens.verify(refreshToken, { kind: 'refresh' })).rejects.toMatchObject({
      errorCode: 'token_expired',
    })
  })

  it('verifies what it signed until that ends, for two years of issuing, and never after', async () => {
    const clock = new FakeClock(START)
    const instance = await startInstance(new TestKeyStore(), { clock, rotation: { every: '30d' } })
    const { tokens } = instance
    const alive: { token: string; kind: 'access' | 'refresh'; exp: number }[] = []
    const kids = new Set<string>()
    let checked = 0

    for (let hour = 0; hour < 730 * 24; hour += 6) {
      clock.set(START + hour * 60 * MINUTE)
      const pair = await tokens.issue('ada')
      kids.add(kidOf(pair.accessToken))
      alive.push({ token: pair.accessToken, kind: 'access', exp: seconds(clock) + 900 })
      if (hour % 96 === 0) {
        alive.push({ token: String(pair.refreshToken), kind: 'refresh', exp: seconds(clock) + 30 * 86_400 })
      }
      for (const [at, { token, kind, exp }] of [...alive.entries()].toReversed()) {
        if (seconds(clock) < exp - 6 * 3600) continue
        const now = clock.now()
        clock.set((exp - 1) * 1000)
        await expect(tokens.verify(token, { kind })).resolves.toBeDefined()
        clock.set(exp * 1000)
        await expect(tokens.verify(token, { kind })).rejects.toMatchObject({ errorCode: 'token_expired' })
        clock.set(now)
        alive.splice(at, 1)
        checked++
      }
    }

    expect(checked).toBeGreaterThan(3000)
    expect(kids.size).toBe(25)
  })
})

const seconds = (clock: FakeClock) => Math.floor(clock.now() / 1000)
