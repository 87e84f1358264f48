import { describe, expect, it } from '@jest/globals'
import {
  InMemorySessionStore,
  type OpenInput,
  type RotateInput,
  type RotateResult,
  type TokenPair,
} from '@nest-jwt-auth/core'
import { readToken } from '../../support/forge.js'
import { refreshTokenOf, start, START_SECONDS, withCode, withUsage } from './start.js'

const DAY = 86_400
const metadata = { device: 'Engine' }
const loader = (claims: object) => ({ useValue: { loadClaims: () => claims } })

describe('what issue was given', () => {
  it('is merged again: loader < kept < refresh’s own', async () => {
    const claimsLoader = loader({ one: 'loader', two: 'loader', three: 'loader' })
    const { tokens } = await start({ claimsLoader })
    const first = await tokens.issue('ada', { claims: { two: 'kept', three: 'kept' } })
    const second = await tokens.refresh(refreshTokenOf(first), { claims: { three: 'own' } })

    for (const token of [second.access_token, refreshTokenOf(second)]) {
      expect(readToken(token).claims).toMatchObject({ one: 'loader', two: 'kept', three: 'own' })
    }
    const third = await tokens.refresh(refreshTokenOf(second))
    expect(readToken(third.access_token).claims).toMatchObject({ one: 'loader', two: 'kept', three: 'own' })
  })

  it('stays as it was, whatever becomes of the object', async () => {
    const claims = { plan: 'basic', limits: { items: 3 }, note: null }
    const { tokens } = await start()
    const first = await tokens.issue('ada', { claims })
    claims.plan = 'changed'
    claims.limits.items = 9
    const second = await tokens.refresh(refreshTokenOf(first))

    expect(readToken(second.access_token).claims).toMatchObject({
      plan: 'basic',
      limits: { items: 3 },
      note: null,
    })
  })

  it('is the audience too, of access tokens alone', async () => {
    const { tokens } = await start({ audience: ['shop', 'desk'] })
    const first = await tokens.issue('ada', { audience: 'desk' })
    const second = await tokens.refresh(refreshTokenOf(first))
    const third = await tokens.refresh(refreshTokenOf(second), { audience: 'shop' })
    const fourth = await tokens.refresh(refreshTokenOf(third))
    const audiences = [first, second, third, fourth].map((pair) => readToken(pair.access_token).claims['aud'])

    expect(audiences).toEqual(['desk', 'desk', 'shop', 'shop'])
    expect(readToken(refreshTokenOf(fourth)).claims['aud']).toEqual(['shop', 'desk'])
  })

  it('is not its lifetime, its header or its nbf, which were for one token', async () => {
    const { tokens, clock } = await start()
    const first = await tokens.issue('ada', { expiresIn: '1h', notBefore: 0, header: { shard: 'a' } })
    clock.advance('5s')
    const second = await tokens.refresh(refreshTokenOf(first))
    const { header, claims } = readToken(second.access_token)

    expect(first.expires_in).toBe(3600)
    expect(second.expires_in).toBe(900)
    expect(header).not.toHaveProperty('shard')
    expect(claims).not.toHaveProperty('nbf')
    const third = await tokens.refresh(refreshTokenOf(second), { expiresIn: '1m', header: { shard: 'b' } })
    expect(third.expires_in).toBe(60)
    expect(readToken(third.access_token).header).toMatchObject({ shard: 'b' })
  })

  it('is auth_time: a refresh does not make a login fresh', async () => {
    const { tokens, clock } = await start()
    const now = await tokens.issue('ada')
    const earlier = await tokens.issue('ada', { authTime: START_SECONDS - 3600 })
    clock.advance('1h')
    const times = []
    for (const pair of [now, earlier]) {
      const next = await tokens.refresh(refreshTokenOf(pair))
      times.push(readToken(next.access_token).claims['auth_time'])
      times.push(readToken(refreshTokenOf(next)).claims['auth_time'])
    }

    expect(times).toEqual([START_SECONDS, START_SECONDS, START_SECONDS - 3600, START_SECONDS - 3600])
  })

  it('is metadata, which refreshes leave alone', async () => {
    const { tokens } = await start()
    const pair = await tokens.issue('ada', { session: { metadata: { device: 'Engine', at: ['a'] } } })
    await tokens.refresh(refreshTokenOf(pair))
    const [session] = await tokens.sessions('ada')

    expect(session?.metadata).toEqual({ device: 'Engine', at: ['a'] })
  })
})

/** A claims loader that holds the next refresh back, once it is closed, until it is opened. */
function newGate() {
  let open = () => {}
  let reach = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  const reached = new Promise<void>((resolve) => (reach = resolve))
  let isClosed = false
  const loadClaims = async () => {
    if (isClosed) {
      isClosed = false
      reach()
      await opened
    }
    return {}
  }
  return { loader: { useValue: { loadClaims } }, close: () => (isClosed = true), open: () => open(), reached }
}

it('auth_time is kept in whole milliseconds, as session stores are promised', async () => {
  const { tokens, sessions } = await start()
  const pair = await tokens.issue('ada', { authTime: START_SECONDS + 0.123_456 })
  const [opened] = sessions.inputs as [OpenInput]
  expect(opened.session.authTime).toBe(START_SECONDS * 1000 + 123)
  const refreshed = await tokens.refresh(refreshTokenOf(pair))
  expect(readToken(refreshed.access_token).claims).toMatchObject({ auth_time: START_SECONDS + 0.123 })
})

describe('what refresh was given', () => {
  const tenantsOf = (pair: TokenPair) =>
    [pair.access_token, refreshTokenOf(pair)].map((token) => readToken(token).claims['tenant'])

  it('is kept from then on: switching a tenant lasts', async () => {
    const { tokens } = await start()
    const first = await tokens.issue('ada', { claims: { tenant: 'a', plan: 'basic' }, session: { metadata } })
    const second = await tokens.refresh(refreshTokenOf(first), { claims: { tenant: 'b' } })
    const third = await tokens.refresh(refreshTokenOf(second))

    expect([first, second, third].map(tenantsOf)).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['b', 'b'],
    ])
    expect(readToken(third.access_token).claims).toMatchObject({ plan: 'basic' })
    expect(await tokens.sessions('ada')).toMatchObject([{ metadata }])
  })

  it('is kept where it is a repeat inside the grace, with the same jti, iat and exp; the last one wins', async () => {
    const { tokens, clock } = await start()
    const first = refreshTokenOf(await tokens.issue('ada', { claims: { tenant: 'a' } }))
    const pairs = []
    for (const tenant of ['b', 'c', undefined]) {
      pairs.push(await tokens.refresh(first, tenant === undefined ? {} : { claims: { tenant } }))
      clock.advance('1s')
    }
    const successors = pairs.map((pair) => readToken(refreshTokenOf(pair)).claims)

    expect(pairs.map((pair) => pair.refresh_expires_in)).toEqual([30 * DAY, 30 * DAY - 1, 30 * DAY - 2])
    expect(pairs.map(tenantsOf)).toEqual([
      ['b', 'b'],
      ['c', 'c'],
      ['c', 'c'],
    ])
    for (const { jti, iat, exp } of successors) {
      expect([jti, iat, exp]).toEqual([
        successors[0]?.['jti'],
        successors[0]?.['iat'],
        successors[0]?.['exp'],
      ])
    }
    const next = await tokens.refresh(refreshTokenOf(pairs[0]!))
    expect(tenantsOf(next)).toEqual(['c', 'c'])
  })

  it('goes before what was kept, whether an audience is told as an option or as a claim', async () => {
    const { tokens } = await start()
    const first = await tokens.issue('ada', { claims: { aud: 'a', plan: 'basic' } })
    const second = await tokens.refresh(refreshTokenOf(first), { audience: 'b' })
    const third = await tokens.refresh(refreshTokenOf(second))
    const fourth = await tokens.refresh(refreshTokenOf(third), { claims: { aud: 'c' } })
    const fifth = await tokens.refresh(refreshTokenOf(fourth), { audience: 'd', claims: { aud: 'e' } })

    const payloads = [second, third, fourth, fifth].map((pair) => readToken(pair.access_token).claims)
    expect(payloads).toMatchObject(['b', 'b', 'c', 'e'].map((aud) => ({ aud, plan: 'basic' })))
  })

  it('has its header in both tokens where it is a repeat inside the grace', async () => {
    const { tokens } = await start()
    const first = refreshTokenOf(await tokens.issue('ada'))
    for (const shard of ['a', 'b']) {
      const pair = await tokens.refresh(first, { header: { shard } })
      for (const token of [pair.access_token, refreshTokenOf(pair)]) {
        expect(readToken(token).header).toMatchObject({ shard })
      }
    }
  })

  it('is not written again where it is what is kept already', async () => {
    const written: RotateInput['data'][] = []
    class ObservedStore extends InMemorySessionStore {
      override rotate(input: RotateInput) {
        written.push(input.data)
        return super.rotate(input)
      }
    }
    const { tokens } = await start({ sessionStore: { useValue: new ObservedStore() } })
    const first = await tokens.issue('ada', { claims: { tenant: 'a' } })
    const second = await tokens.refresh(refreshTokenOf(first), { claims: { tenant: 'a' } })
    const third = await tokens.refresh(refreshTokenOf(second), { claims: { tenant: 'b' } })

    expect(tenantsOf(third)).toEqual(['b', 'b'])
    expect(written.map((data) => data !== undefined)).toEqual([false, true])
  })

  it('undoes nothing that a refresh at the same time has kept: a slow one cannot bring a role back', async () => {
    const gate = newGate()
    const { tokens } = await start({ claimsLoader: gate.loader })
    const first = refreshTokenOf(await tokens.issue('ada', { claims: { role: 'admin', theme: 'dark' } }))
    gate.close()
    const slow = tokens.refresh(first, { claims: { theme: 'light' } })
    await gate.reached
    const stepDown = await tokens.refresh(first, { claims: { role: 'user' } })
    gate.open()

    const last = await tokens.refresh(refreshTokenOf(await slow))
    expect(readToken(stepDown.access_token).claims).toMatchObject({ role: 'user', theme: 'dark' })
    for (const pair of [await slow, last]) {
      expect(readToken(pair.access_token).claims).toMatchObject({ role: 'user', theme: 'light' })
    }
  })

  it.each([
    [19, 'is kept at last'],
    [20, 'is given up, and the token stays good'],
  ])('of which others were faster %d times %s', async (times) => {
    let isBusy = false
    let rotations = 0
    class BusyStore extends InMemorySessionStore {
      override rotate(input: RotateInput): Promise<RotateResult> {
        if (!isBusy || ++rotations > times) return super.rotate(input)
        return Promise.resolve({ kind: 'changed', data: input.data?.from ?? '' })
      }
    }
    let loaded = 0
    const identityLoader = { useValue: { loadIdentity: () => `user ${++loaded}` } }
    const { tokens, events } = await start({ sessionStore: { useValue: new BusyStore() }, identityLoader })
    const first = refreshTokenOf(await tokens.issue('ada'))
    isBusy = true
    const refresh = tokens.refresh(first, { claims: { tenant: 'b' } })
    await (times < 20
      ? expect(refresh).resolves.toBeDefined()
      : expect(refresh).rejects.toMatchObject(withCode('store_unavailable')))

    expect([rotations, loaded]).toEqual([20, 1])
    isBusy = false
    expect(events.map(({ type }) => type)).toEqual(
      times < 20 ? ['token.issued', 'token.refreshed'] : ['token.issued'],
    )
    await expect(tokens.refresh(first)).resolves.toBeDefined()
  })

  it('is not kept where the refresh fails', async () => {
    const { tokens } = await start()
    const first = refreshTokenOf(await tokens.issue('ada', { claims: { tenant: 'a' } }))
    const failing = { claims: { tenant: 'b' }, expiresIn: 'soon' }
    await expect(tokens.refresh(first, failing)).rejects.toMatchObject(withUsage('lifetime_invalid'))
    expect(tenantsOf(await tokens.refresh(first))).toEqual(['a', 'a'])
  })

  it('has the bound of what a session keeps, and is refused before the rotation', async () => {
    const { tokens, sessions } = await start()
    const note = 'x'.repeat(5000)
    const first = refreshTokenOf(await tokens.issue('ada', { session: { metadata: { note } } }))
    await expect(tokens.refresh(first, { claims: { note } })).rejects.toMatchObject(
      withUsage('metadata_invalid'),
    )
    expect(sessions.calls).not.toContain('rotate')
    await expect(tokens.refresh(first)).resolves.toBeDefined()
  })
})
