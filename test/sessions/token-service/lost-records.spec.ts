import { describe, expect, it } from '@jest/globals'
import { firstGeneration, InMemorySessionStore, SessionStore } from '@nest-jwt-auth/core'
import { refreshTokenOf, start, withCode } from './start.js'

/** Says of itself that all instances of the app use it, as a database does. */
const sharedStore = () => Object.assign(new InMemorySessionStore(), { isShared: true as const })

const startOn = (store: InMemorySessionStore) => start({ sessionStore: { useValue: store } })

describe('where a shared store has lost its records', () => {
  it('each token that it should know is revoked', async () => {
    const { tokens: before } = await startOn(sharedStore())
    const pair = await before.issue('ada')
    const access = [pair.access_token, await before.issueAccessToken('ada')]
    const once = await before.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    const { tokens } = await startOn(sharedStore())

    for (const token of access)
      await expect(tokens.verify(token)).rejects.toMatchObject(withCode('token_revoked'))
    for (const call of [tokens.refresh(refreshTokenOf(pair)), tokens.consumeOneTimeToken('reset', once)])
      await expect(call).rejects.toMatchObject(withCode('token_revoked'))
  })

  it('a token that was issued before there were sessions is not', async () => {
    const { tokens: former } = await start({ refreshToken: false, sessionStore: undefined })
    const { tokens } = await startOn(sharedStore())

    await expect(tokens.verify(await former.issueAccessToken('ada'))).resolves.toBeDefined()
  })
})

it('the first generation of a subject is random, and 14 digits hold it, which every number format can', () => {
  const all = Array.from({ length: 100 }, firstGeneration)

  expect(new Set(all).size).toBeGreaterThan(95)
  for (const generation of all) {
    expect(generation).toBeGreaterThan(0)
    expect(generation).toBeLessThan(1e14)
    // The generations of a subject do not reach the first one of another.
    expect(generation % 2 ** 20).toBe(0)
  }
})

it('a store that says nothing of it is one that all instances use', () => {
  const store = Reflect.construct(SessionStore, []) as SessionStore

  expect(store.isShared).toBe(true)
})

it('a store of one process accepts what other processes issue', async () => {
  const [{ tokens: here }, { tokens: there }] = [await start(), await start()]

  await expect(there.verify(await here.issueAccessToken('ada'))).resolves.toBeDefined()
  await there.issueAccessToken('ada')
  await expect(there.verify(await here.issueAccessToken('ada'))).resolves.toBeDefined()
})
