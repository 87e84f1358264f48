import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService, type ClaimsLoaderContext } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'

type Load = (identity: unknown, context: ClaimsLoaderContext) => Record<string, unknown>

async function tokensWith(load: Load = () => ({})): Promise<TokenService> {
  const claimsLoader = { useValue: { loadClaims: load } }
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, claimsLoader })]
  return (await startModule({ imports })).get(TokenService)
}

const circular: Record<string, unknown> = {}
circular['self'] = circular

describe('the claims loader', () => {
  it('may feed one kind of token alone', async () => {
    const tokens = await tokensWith((_, { kind }) => (kind === 'access' ? { role: 'editor' } : {}))
    const pair = await tokens.issue('ida')

    expect(readToken(pair.access_token).claims).toMatchObject({ role: 'editor' })
    expect(readToken(pair.refresh_token ?? '').claims).not.toHaveProperty('role')
  })

  it('hands claims of every JSON type to whoever verifies them', async () => {
    const custom = {
      text: 'ä€😀',
      number: 1.5,
      no: false,
      nothing: null,
      list: [1, [2]],
      nested: { a: { b: [] } },
    }
    const tokens = await tokensWith(() => custom)

    expect((await tokens.verify(await tokens.issueAccessToken('ida'))).claims).toMatchObject(custom)
  })

  it('leaves out a claim that is undefined, by loader and by argument', async () => {
    const tokens = await tokensWith(() => ({ kept: 1, role: undefined, sub: undefined }))
    const token = await tokens.issueAccessToken('ida', { claims: { kept: undefined } })

    expect(readToken(token).claims).toMatchObject({ sub: 'ida', kept: 1 })
    expect(readToken(token).claims).not.toHaveProperty('role')
  })

  it.each<[string, unknown]>([
    ['a bigint', 7n],
    ['a circle', circular],
  ])('issues nothing with a claim that is no JSON: %s', async (_, value) => {
    const tokens = await tokensWith(() => ({ value }))

    await expect(tokens.issueAccessToken('ida')).rejects.toThrow()
    await expect(tokens.issue('ida')).rejects.toThrow()
  })
})

describe('the header option', () => {
  it('marks both tokens of a pair, and is there for whoever verifies', async () => {
    const tokens = await tokensWith()
    const pair = await tokens.issue('ida', { header: { shard: 'eu-1' } })
    const { header } = await tokens.verify(pair.access_token)

    expect(header).toMatchObject({ shard: 'eu-1' })
    expect(Object.isFrozen(header)).toBe(true)
    expect(readToken(pair.refresh_token ?? '').header).toMatchObject({ shard: 'eu-1', typ: 'rt+jwt' })
    expect(tokens.decodeUnverified(pair.access_token).header).toMatchObject({ shard: 'eu-1' })
  })

  it.each<[string, unknown]>([
    ['a bigint', 7n],
    ['a circle', circular],
  ])('issues nothing with a member that is no JSON: %s', async (_, value) => {
    const tokens = await tokensWith()

    await expect(tokens.issueAccessToken('ida', { header: { value } })).rejects.toThrow()
  })
})

describe('the subject', () => {
  it.each<[string, unknown]>([
    ['a text of 256 letters', 'x'.repeat(256)],
    ['an object without an id', { name: 'ida' }],
    ['a truth value', true],
    ['a number that is none', NaN],
    ['a list', ['ida']],
  ])('is never %s', async (_, identity) => {
    await expect((await tokensWith()).issueAccessToken(identity)).rejects.toMatchObject({
      code: 'subject_invalid',
    })
  })
})
