import { describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { DAY, goOn, kidOf, MINUTE, settled, START, startInstance, TestKeyStore } from './fleet.js'

describe('instances that share a key store', () => {
  it('make one key when they boot at the same moment', async () => {
    const store = new TestKeyStore()
    const instances = await Promise.all(Array.from({ length: 6 }, () => startInstance(store)))

    const tokens = await Promise.all(instances.map(({ tokens }) => tokens.issueAccessToken('ada')))

    expect(new Set(tokens.map(kidOf)).size).toBe(1)
    for (const { tokens: service } of instances) {
      for (const token of tokens) await expect(service.verify(token)).resolves.toBeDefined()
    }
  })

  it('announce one key when they rotate at the same moment', async () => {
    const store = new TestKeyStore()
    const instances = await Promise.all(Array.from({ length: 3 }, () => startInstance(store)))

    const next = await Promise.all(instances.map(({ keys }) => keys.rotate()))

    expect(new Set(next.map(({ kid }) => kid)).size).toBe(1)
    expect(next[0]).toMatchObject({ state: 'announced', signsFrom: new Date(START + DAY) })
  })

  it('change to one key when they rotate immediately at the same moment', async () => {
    const store = new TestKeyStore()
    const instances = await Promise.all(Array.from({ length: 3 }, () => startInstance(store)))
    const before = kidOf(await instances[0]!.tokens.issueAccessToken('ada'))

    const now = await Promise.all(instances.map(({ keys }) => keys.rotate({ immediately: true })))

    expect(new Set(now.map(({ kid }) => kid)).size).toBe(1)
    expect(now[0]?.kid).not.toBe(before)
  })

  it.each<[name: string, days: number, offsets: number[]]>([
    ['the clocks agree', 50, [0, 0, 0]],
    ['the clocks are five minutes apart', 365, [0, (-5 * MINUTE) / 2, (5 * MINUTE) / 2]],
    ['the first clock is ahead', 50, [5 * MINUTE, 0, 0]],
  ])('never refuse what another one signed while %s, for %i days of rotations', async (_, days, offsets) => {
    const store = new TestKeyStore()
    const clocks = offsets.map((offset) => new FakeClock(START + offset))
    const instances = await Promise.all(
      clocks.map((clock) =>
        startInstance(store, { clock, clockTolerance: '5m', rotation: { every: '20d', announce: '20m' } }),
      ),
    )
    // Others keep a copy of the JWKS for ten minutes, wherever they got it.
    const copies: { at: number; kids: Set<unknown> }[] = []
    const kids = new Set<string>()
    const unknown: { kid: string; at: number; copiedAt: number }[] = []

    for (let time = 0; time < days * DAY;) {
      // Minute by minute around each change of keys, and in large steps between them.
      const untilChange = 20 * DAY - (time % (20 * DAY))
      const isNear = untilChange <= 90 * MINUTE || untilChange >= 20 * DAY - 60 * MINUTE
      time += isNear ? MINUTE : Math.min(DAY / 4, untilChange - 90 * MINUTE)
      for (const [at, clock] of clocks.entries()) clock.set(START + offsets[at]! + time)
      await settled(instances)
      for (const { tokens } of instances) {
        copies.push({ at: time, kids: new Set(tokens.publicKeys().keys.map(({ kid }) => kid)) })
      }
      while (copies[0] && copies[0].at < time - 10 * MINUTE && copies.length > 3) copies.shift()
      for (const { tokens } of instances) {
        const token = await tokens.issueAccessToken('ada')
        const kid = kidOf(token)
        kids.add(kid)
        for (const other of instances) await other.tokens.verify(token)
        for (const copy of copies) if (!copy.kids.has(kid)) unknown.push({ kid, at: time, copiedAt: copy.at })
      }
    }

    expect(unknown).toEqual([])
    expect(kids.size).toBe(Math.ceil(days / 20))
  })

  it.each([
    ['rotated', { isRotated: true, isAnnounced: false }],
    ['rotated, to the announced key', { isRotated: true, isAnnounced: true }],
    ['revoked', { isRotated: false, isAnnounced: false }],
    ['revoked, with an announced key', { isRotated: false, isAnnounced: true }],
  ])(
    'change the key as soon as they read that it was %s, even if their clock is behind',
    async (_, change) => {
      const store = new TestKeyStore()
      const ahead = await startInstance(store)
      const behind = await startInstance(store, { clock: new FakeClock(START - 5 * MINUTE) })
      await ahead.keys.rotate({ immediately: true })
      const before = kidOf(await ahead.tokens.issueAccessToken('ada'))
      if (change.isAnnounced) await ahead.keys.rotate()

      if (change.isRotated) await ahead.keys.rotate({ immediately: true })
      else await ahead.keys.revoke(before)
      behind.clock.advance('25s')
      await settled([behind])

      const kid = kidOf(await ahead.tokens.issueAccessToken('ada'))
      expect(kid).not.toBe(before)
      expect(kidOf(await behind.tokens.issueAccessToken('ada'))).toBe(kid)
    },
  )

  it('go on where one of them was killed in the middle of a rotation', async () => {
    const store = new TestKeyStore()
    const [a, b] = [await startInstance(store), await startInstance(store)]
    // The document is one, so there is a moment before the write, and one after it in which the writer knows nothing of it.
    store.beforeWrite = () => {
      store.beforeWrite = undefined
      return new Promise(() => undefined)
    }
    void a.keys.rotate().catch(() => undefined)
    await goOn([b], START + MINUTE, MINUTE)

    expect((await b.keys.list()).map(({ state }) => state)).toEqual(['signing'])
    await b.keys.rotate()
    expect((await b.keys.list()).map(({ state }) => state)).toEqual(['signing', 'announced'])
    await b.module.close()
    const c = await startInstance(store, { clock: new FakeClock(START + 2 * DAY) })
    await settled([c])
    expect((await c.keys.list()).map(({ state }) => state)).toEqual(['verifying', 'signing'])
  })

  it('respect the longest lifetimes that any of them allows', async () => {
    const store = new TestKeyStore()
    const long = await startInstance(store, { refreshToken: { expiresIn: '60d' } })
    const { refreshToken = '' } = await long.tokens.issue('ada')
    const clock = new FakeClock(START)
    const short = await startInstance(store, { clock, refreshToken: { expiresIn: '1d' } })
    await short.keys.rotate({ immediately: true })

    clock.set(START + 59 * DAY)
    await settled([short])

    await expect(short.tokens.verify(refreshToken, { kind: 'refresh' })).rejects.toMatchObject({
      errorCode: 'token_revoked', // Only its session is unknown there.
    })
  })

  const LONG_REFRESH = { refreshToken: { expiresIn: '60d' } }
  const LONG_ACCESS = { accessToken: { expiresIn: '3h' }, refreshToken: { expiresIn: '1d' } }

  it.each([
    ['refresh', LONG_REFRESH, LONG_ACCESS],
    ['access', LONG_ACCESS, LONG_REFRESH],
  ])('respect each longest lifetime, where that of %s tokens is there first', async (_, first, second) => {
    const store = new TestKeyStore()
    const instances = [await startInstance(store, first), await startInstance(store, second)]
    const at = async (days: number) => {
      for (const { clock } of instances) clock.set(START + days * DAY)
      await settled(instances)
    }
    const [withLongRefresh, withLongAccess] = first === LONG_REFRESH ? instances : instances.toReversed()
    await at(89)
    await at(89.99)
    const { refreshToken = '' } = await withLongRefresh!.tokens.issue('ada')
    const accessToken = await withLongAccess!.tokens.issueAccessToken('ada')
    expect(kidOf(accessToken)).toBe(kidOf(refreshToken))

    await at(90.11)
    expect(kidOf(await withLongAccess!.tokens.issueAccessToken('ada'))).not.toBe(kidOf(accessToken))
    for (const { tokens } of instances) {
      await tokens.verify(accessToken)
      expect(tokens.publicKeys().keys.map(({ kid }) => kid)).toContain(kidOf(accessToken))
    }
    await at(149.98)
    await withLongRefresh!.tokens.verify(refreshToken, { kind: 'refresh' })
  })
})
