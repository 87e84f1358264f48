import { describe, expect, it } from '@jest/globals'
import type { TokenPair } from '@nest-jwt-auth/core'
import { alarmsOf, longSettled, settled, start } from './connections-app.js'

describe('10,000 open connections', () => {
  it('cost no timer each, and one question per subject in each interval, not all at one instant', async () => {
    const { store, clock, tokens, connections } = await start({ sessions: { timeout: '1m' } })
    const alarms = alarmsOf(clock)
    const ended: string[] = []
    const sample = 500
    for (let user = 0; user < sample; user++) {
      const verified = await tokens.verify(await tokens.issueAccessToken(`user-${user}`))
      for (let tab = 0; tab < 20; tab++) connections.add(verified, (code) => ended.push(code))
    }
    expect(alarms.size).toBe(1)
    store.asked = []
    const perSecond: number[] = []
    for (let second = 0; second < 60; second++) {
      const before = store.asked.length
      clock.advance('1s')
      await longSettled()
      perSecond.push(store.asked.length - before)
    }
    expect(alarms.size).toBe(1)
    for (const half of [perSecond.slice(0, 30), perSecond.slice(30)]) {
      expect(half.reduce((sum, count) => sum + count)).toBe(sample)
      expect(Math.max(...half)).toBeLessThan(sample / 5)
    }
    store.asked = []
    store.most = 0
    store.tell(undefined)
    while (store.asked.length < sample) await settled()
    expect(store.most).toBeLessThanOrEqual(20)
    expect(ended).toEqual([])
    clock.advance('15m')
    expect(ended).toHaveLength(10_000)
    expect(alarms.size).toBe(0)
  })
})

describe('10,000 open connections of 100 subjects, each with a token of its own', () => {
  it('cost one question per subject in each interval', async () => {
    const { store, clock, tokens, connect } = await start({ sessions: { timeout: '1m' } })
    const all: { readonly ended: string[]; readonly pair: TokenPair }[] = []
    for (let user = 0; user < 100; user++) {
      for (let tab = 0; tab < 100; tab++) {
        const pair = await tokens.issue(`user-${user}`)
        all.push({ ...(await connect(pair.accessToken)), pair })
      }
    }
    // A login is a change, after which the subject's tokens are checked.
    await longSettled()
    store.asked = []
    for (let second = 0; second < 30; second++) {
      clock.advance('1s')
      await longSettled()
    }
    expect(store.asked).toHaveLength(100)
    expect(new Set(store.asked).size).toBe(100)
    store.asked = []
    await tokens.revokeSession(all[0]?.pair.sessionId ?? '', { subject: 'user-0' })
    await tokens.revoke(all[101]?.pair.accessToken ?? '')
    await longSettled()
    expect(store.asked).toEqual(['user-0', 'user-1'])
    expect(all.flatMap(({ ended }, at) => (ended.length > 0 ? [at] : []))).toEqual([0, 101])
  })
})

describe('25,000 tokens with maxStaleness', () => {
  it('are not all remembered', async () => {
    const { store, tokens } = await start({ sessions: { check: { maxStaleness: '5m' } } })
    const issued = await Promise.all(
      Array.from({ length: 25_000 }, (_, at) => tokens.issueAccessToken(`u${at}`)),
    )
    for (const token of issued) await tokens.verify(token)
    store.asked = []
    for (const token of issued.slice(0, 4000)) await tokens.verify(token)
    expect(store.asked).toHaveLength(4000)
  })
})
