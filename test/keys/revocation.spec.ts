import { describe, expect, it } from '@jest/globals'
import { OpenConnections } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { encodePart, readToken } from '../support/forge.js'
import { DAY, kidOf, MINUTE, settled, START, startInstance, TestKeyStore } from './fleet.js'

const INVALID = { errorCode: 'token_signature_invalid' }

/** Instances on one clock, as most servers have it. */
async function startTogether(count: number) {
  const store = new TestKeyStore()
  const clock = new FakeClock(START)
  const instances = await Promise.all(Array.from({ length: count }, () => startInstance(store, { clock })))
  return { store, clock, instances }
}

describe('a key that another instance has just made', () => {
  it('verifies tokens of its own algorithm alone, like those that are known here', async () => {
    const { instances, clock } = await startTogether(2)
    const [a, b] = instances
    await a!.keys.rotate({ immediately: true })
    clock.advance('10s')
    const token = await a!.tokens.issueAccessToken('ada')
    const header = { ...readToken(token).header, alg: 'ES384' }
    const [, payload = '', signature = ''] = token.split('.')

    await expect(b!.tokens.verify(`${encodePart(header)}.${payload}.${signature}`)).rejects.toMatchObject({
      ...INVALID,
      details: { reason: 'alg is not the algorithm of the key' },
    })
    await expect(b!.tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'ada' } })
  })
})

describe('a revoked key', () => {
  it('is dead in this instance immediately: access, refresh and one-time tokens', async () => {
    const { tokens, keys } = await startInstance(new TestKeyStore())
    const { accessToken, refreshToken = '' } = await tokens.issue('ada')
    const once = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    await tokens.verify(accessToken)

    expect(await keys.revoke(kidOf(accessToken))).toBe(true)

    await expect(tokens.verify(accessToken)).rejects.toMatchObject(INVALID)
    await expect(tokens.refresh(refreshToken)).rejects.toMatchObject(INVALID)
    await expect(tokens.consumeOneTimeToken('reset', once)).rejects.toMatchObject(INVALID)
    await expect(tokens.revoke(accessToken)).rejects.toMatchObject(INVALID)
    expect(await tokens.sessions('ada')).toHaveLength(1)
    expect(await keys.revoke(kidOf(accessToken))).toBe(false)
  })

  it('is replaced immediately, by the announced key if there is one', async () => {
    const { tokens, keys, events } = await startInstance(new TestKeyStore())
    const kid = kidOf(await tokens.issueAccessToken('ada'))
    const announced = await keys.rotate()
    await keys.revoke(kid)
    const token = await tokens.issueAccessToken('ada')
    expect(kidOf(token)).toBe(announced.kid)
    expect(tokens.publicKeys().keys.map((key) => key.kid)).toEqual([announced.kid])
    expect(events.filter((type) => type === 'key.rotated')).toHaveLength(1)
    await keys.revoke(announced.kid)
    await tokens.verify(await tokens.issueAccessToken('ada'))
    await expect(tokens.verify(token)).rejects.toMatchObject(INVALID)
  })

  it.each([
    ['the announced key', true],
    ['a new key', false],
  ])('is replaced by %s, never by one that only verifies', async (_, isAnnounced) => {
    const { tokens, keys } = await startInstance(new TestKeyStore())
    const old = kidOf(await tokens.issueAccessToken('ada'))
    const { kid } = await keys.rotate({ immediately: true })
    const announced = isAnnounced ? (await keys.rotate()).kid : undefined

    await keys.revoke(kid)

    const signer = kidOf(await tokens.issueAccessToken('ada'))
    expect([old, kid]).not.toContain(signer)
    if (isAnnounced) expect(signer).toBe(announced)
    expect((await keys.list()).map((key) => [key.kid, key.state])).toEqual([
      [old, 'verifying'],
      [signer, 'signing'],
    ])
  })

  it('that does not sign is replaced by none', async () => {
    const { tokens, keys } = await startInstance(new TestKeyStore())
    const old = kidOf(await tokens.issueAccessToken('ada'))
    const { kid } = await keys.rotate({ immediately: true })
    const announced = await keys.rotate()

    for (const other of [old, announced.kid]) await keys.revoke(other)

    expect((await keys.list()).map((key) => [key.kid, key.state])).toEqual([[kid, 'signing']])
    expect(kidOf(await tokens.issueAccessToken('ada'))).toBe(kid)
  })

  it('is dead in every instance within 30 seconds, remembered tokens too', async () => {
    const { clock, instances } = await startTogether(6)
    const token = await instances[0]!.tokens.issueAccessToken('ada')
    for (const { tokens } of instances) await tokens.verify(token)

    clock.advance('7s')
    await instances[3]!.keys.revoke(kidOf(token))
    clock.advance('30s')

    await settled(instances)
    for (const { tokens } of instances) await expect(tokens.verify(token)).rejects.toMatchObject(INVALID)
  })

  it('closes the connections that depend on its tokens, and no others', async () => {
    const { clock, instances } = await startTogether(2)
    const [a, b] = instances
    const ended: string[] = []
    const open = async (name: string, token: string) => {
      for (const { module, tokens } of instances) {
        const connections = module.get(OpenConnections)
        connections.add(await tokens.verify(token), (code) => void ended.push(`${name} ${code}`))
      }
    }
    const token = await a!.tokens.issueAccessToken('ada')
    await open('old', token)
    await a!.keys.rotate({ immediately: true })
    clock.advance('2s')
    await open('new', await a!.tokens.issueAccessToken('ada'))

    await a!.keys.revoke(kidOf(token))
    expect(ended).toEqual(['old token_revoked'])
    clock.advance('25s')
    await settled([b!])
    expect(ended).toEqual(['old token_revoked', 'old token_revoked'])
  })

  it('that nobody knows changes nothing', async () => {
    const store = new TestKeyStore()
    const { keys } = await startInstance(store)
    const { writes } = store
    for (const kid of ['none', '', '__proto__', undefined as never])
      expect(await keys.revoke(kid)).toBe(false)
    expect(store.writes).toBe(writes)
  })
})

describe('KeyService', () => {
  it('rotates once for calls at the same time, and again for one after that', async () => {
    const { keys } = await startInstance(new TestKeyStore())
    const [one, two] = await Promise.all([
      keys.rotate({ immediately: true }),
      keys.rotate({ immediately: true }),
    ])
    expect(one.kid).toBe(two.kid)
    expect((await keys.rotate({ immediately: true })).kid).not.toBe(one.kid)
    expect((await keys.list()).map(({ state }) => state)).toEqual(['verifying', 'verifying', 'signing'])
  })

  it.each([0, 1])(
    'rotates once for a call that is still waiting for the store when another one rotates (instances beside it: %p)',
    async (others) => {
      const store = new TestKeyStore()
      const here = await startInstance(store)
      const there = others > 0 ? await startInstance(store) : here
      let answer = () => {}
      const waiting = new Promise<void>((resolve) => {
        store.beforeRead = () => {
          store.beforeRead = undefined
          resolve()
          return new Promise((read) => (answer = read))
        }
      })
      const slow = here.keys.rotate({ immediately: true })
      await waiting
      const { kid } = await there.keys.rotate({ immediately: true })
      answer()

      expect(await slow).toMatchObject({ kid, state: 'signing' })
      expect(await here.keys.list()).toHaveLength(2)
    },
  )

  it('announces one key at a time', async () => {
    const { keys } = await startInstance(new TestKeyStore())
    expect((await keys.rotate()).kid).toBe((await keys.rotate()).kid)
    expect(await keys.list()).toHaveLength(2)
  })

  it('puts no more than 100 keys into the JWKS, however many others still verify', async () => {
    const instance = await startInstance(new TestKeyStore())
    const { keys, tokens, clock } = instance
    for (let key = 1; key < 100; key++) await keys.rotate({ immediately: true })
    await expect(keys.rotate({ immediately: true })).rejects.toMatchObject({ code: 'too_many_keys' })
    expect(tokens.publicKeys().keys).toHaveLength(100)

    clock.set(START + 90 * DAY + 31 * MINUTE)
    await settled([instance])
    await keys.rotate({ immediately: true })
    expect(tokens.publicKeys().keys.length).toBeLessThan(5)
    expect((await keys.list()).length).toBeGreaterThan(100)
  })

  it('refuses options that do not exist', async () => {
    const { keys } = await startInstance(new TestKeyStore())
    await expect(keys.rotate({ immediatly: true } as never)).rejects.toMatchObject({
      code: 'options_invalid',
    })
  })
})
