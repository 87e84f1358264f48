import { Injectable } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import { ClaimsLoader, JwtAuthModule, ReservedClaimError, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'

type Loaded = Record<string, unknown>
type Options = NonNullable<Parameters<TokenService['issueAccessToken']>[1]>

/** The token service of an app whose claims loader answers with `loaded`. */
async function tokensWith(loaded: (identity: unknown, context: unknown) => unknown): Promise<TokenService> {
  @Injectable()
  class Loader implements ClaimsLoader<unknown> {
    loadClaims(identity: unknown, context: unknown) {
      return loaded(identity, context) as Loaded
    }
  }
  const module = await startModule({
    imports: [JwtAuthModule.forRoot({ secret: SECRET, claimsLoader: Loader })],
    providers: [Loader],
  })
  return module.get(TokenService)
}

async function claimsOf(tokens: TokenService, options: Options = {}): Promise<Loaded> {
  return readToken(await tokens.issueAccessToken('ida', options)).claims
}

function deeplyFrozen(): Loaded {
  return Object.freeze({ plan: 'pro', nested: Object.freeze({ list: Object.freeze([1, 2]) }) })
}

const reserved = ['iss', 'sub', 'iat', 'exp', 'jti', 'sid', 'auth_time', 'act', 'cnf']

describe('the claims of an access token', () => {
  it('are merged: registered, then the loader, then the argument', async () => {
    const tokens = await tokensWith(() => ({ aud: 'loader', one: 'loader', both: 'loader' }))
    const claims = await claimsOf(tokens, { claims: { both: 'argument', two: 'argument' } })

    expect(claims).toMatchObject({ one: 'loader', both: 'argument', two: 'argument', aud: 'loader' })
    expect(claims).toMatchObject({ sub: 'ida' })
    expect(await claimsOf(tokens, { claims: { aud: 'argument' } })).toMatchObject({ aud: 'argument' })
  })

  it('wait for a loader that takes its time', async () => {
    const tokens = await tokensWith(async () => {
      await Promise.resolve()
      return { plan: 'pro' }
    })

    expect(await claimsOf(tokens)).toMatchObject({ plan: 'pro' })
  })

  it('are the registered ones where the loader has none', async () => {
    const names = ['exp', 'iat', 'jti', 'sub']

    expect(Object.keys(await claimsOf(await tokensWith(() => null))).toSorted()).toEqual(names)
    expect(Object.keys(await claimsOf(await tokensWith(() => undefined))).toSorted()).toEqual(names)
    expect(Object.keys(await claimsOf(await tokensWith(() => ({})))).toSorted()).toEqual(names)
  })

  it.each(['text', 7, true])('cannot come from a loader that returns %p', async (answer) => {
    const tokens = await tokensWith(() => answer)

    await expect(tokens.issueAccessToken('ida')).rejects.toThrow(/loader|loadClaims/i)
  })

  it('leave out one that is undefined, by loader and by argument', async () => {
    const tokens = await tokensWith(() => ({ kept: 1, role: undefined, sub: undefined }))
    const claims = await claimsOf(tokens, { claims: { kept: undefined } })

    expect(claims).toMatchObject({ sub: 'ida', kept: 1 })
    expect(claims).not.toHaveProperty('role')
  })

  it('of every JSON type reach whoever verifies the token', async () => {
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

  it('keep one that is null', async () => {
    const tokens = await tokensWith(() => ({ nick: null }))

    expect(await claimsOf(tokens, { claims: { colour: null } })).toMatchObject({ nick: null, colour: null })
  })

  it('may override aud and nbf', async () => {
    const tokens = await tokensWith(() => ({ aud: ['a', 'b'] }))
    const { iat } = await claimsOf(tokens)
    const claims = await claimsOf(tokens, { claims: { nbf: Number(iat) + 5 } })

    expect(claims).toMatchObject({ aud: ['a', 'b'], nbf: Number(iat) + 5 })
  })

  it('have an aud and an nbf of their own, which the refresh token does not', async () => {
    const tokens = await tokensWith(() => ({ aud: 'loader' }))
    const { iat } = await claimsOf(tokens)
    const pair = await tokens.issue('ida', { claims: { nbf: Number(iat) } })

    expect(readToken(pair.access_token).claims).toMatchObject({ aud: 'loader', nbf: iat })
    const { claims } = readToken(pair.refresh_token ?? '')
    expect(claims).not.toHaveProperty('aud')
    expect(claims).not.toHaveProperty('nbf')
  })

  it.each(reserved)('may not override %s by argument', async (name) => {
    const tokens = await tokensWith(() => ({}))
    const issued = tokens.issueAccessToken('ida', { claims: { [name]: 'mine' } })

    await expect(issued).rejects.toBeInstanceOf(ReservedClaimError)
    await expect(issued).rejects.toThrow(new RegExp(String.raw`\b${name}\b`))
  })

  it.each(reserved)('may not override %s by loader', async (name) => {
    const tokens = await tokensWith(() => ({ [name]: 'mine' }))

    await expect(tokens.issueAccessToken('ida')).rejects.toBeInstanceOf(ReservedClaimError)
    await expect(tokens.issue('ida')).rejects.toBeInstanceOf(ReservedClaimError)
  })

  it('cannot reach a prototype', async () => {
    const tokens = await tokensWith(() => JSON.parse('{"__proto__":{"polluted":true},"constructor":"x"}'))
    await tokens.issueAccessToken('ida', { claims: JSON.parse('{"__proto__":{"polluted":true}}') as Loaded })

    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    expect(({} as Loaded)['polluted']).toBeUndefined()
  })
})

describe("the claims loader's own object", () => {
  it('may be frozen, and shared between users', async () => {
    const shared = deeplyFrozen()
    const tokens = await tokensWith(() => shared)

    expect(await claimsOf(tokens, { claims: { plan: 'free' } })).toMatchObject({ plan: 'free' })
    expect(await claimsOf(tokens)).toMatchObject({ plan: 'pro', nested: { list: [1, 2] } })
  })

  it('is never changed', async () => {
    const shared = structuredClone(deeplyFrozen())
    const argument = { extra: { list: [3] } }
    const tokens = await tokensWith(() => shared)
    await tokens.issue('ida', { claims: argument })

    expect(shared).toEqual(deeplyFrozen())
    expect(Object.isFrozen(shared)).toBe(false)
    expect(argument).toEqual({ extra: { list: [3] } })
    expect(Object.isFrozen(argument)).toBe(false)
  })
})

describe('the claims loader', () => {
  it('is asked for both kinds of token, with what was given to issue', async () => {
    const calls: { identity: unknown; context: unknown }[] = []
    const tokens = await tokensWith((identity, context) => {
      calls.push({ identity, context })
      return { plan: 'pro' }
    })
    const pair = await tokens.issue('ida')
    const kinds = calls.map(({ context }) => (context as { kind: string }).kind)

    expect(kinds.toSorted()).toEqual(['access', 'refresh'])
    expect(calls.every(({ identity }) => identity === 'ida')).toBe(true)
    expect(readToken(pair.access_token).claims).toMatchObject({ plan: 'pro' })
    expect(readToken(pair.refresh_token ?? '').claims).toMatchObject({ plan: 'pro' })
  })

  it('may add claims to one kind of token only', async () => {
    const tokens = await tokensWith((_, context) =>
      (context as { kind: string }).kind === 'access' ? { role: 'editor' } : {},
    )
    const pair = await tokens.issue('ida')

    expect(readToken(pair.access_token).claims).toMatchObject({ role: 'editor' })
    expect(readToken(pair.refresh_token ?? '').claims).not.toHaveProperty('role')
  })

  it('sees the default claims', async () => {
    const contexts: unknown[] = []
    const tokens = await tokensWith((_, context) => {
      contexts.push(context)
      return {}
    })
    await tokens.issueAccessToken('ida')

    expect(contexts).toEqual([
      expect.objectContaining({ kind: 'access', claims: expect.objectContaining({ sub: 'ida' }) }),
    ])
  })

  it('gets a copy of them without undefined ones, so changing it has no effect', async () => {
    const names: string[] = []
    const tokens = await tokensWith((_, context) => {
      const { claims } = context as { claims: Loaded }
      names.push(...Object.keys(claims).filter((name) => claims[name] === undefined))
      Object.assign(claims, { sub: 'root', exp: 253402300799, sid: 'other', is_admin: true })
      delete claims['jti']
      return {}
    })
    const { access_token: access, refresh_token: refresh = '', sessionId } = await tokens.issue('ida')
    const alone = await tokens.issueAccessToken('ida')

    expect(names).toEqual([])
    for (const { claims } of [access, refresh, alone].map(readToken)) {
      expect(claims).toMatchObject({ sub: 'ida', jti: expect.any(String) })
      expect(claims['exp']).toBeLessThan(Date.now() / 1000 + 31 * 86_400)
      expect(claims).not.toHaveProperty('is_admin')
    }
    expect(readToken(access).claims['sid']).toBe(sessionId)
    expect(readToken(alone).claims).not.toHaveProperty('sid')
  })

  it('that throws prevents the token', async () => {
    const tokens = await tokensWith(() => {
      throw new Error('no database')
    })

    await expect(tokens.issue('ida')).rejects.toThrow()
    await expect(tokens.issueAccessToken('ida')).rejects.toThrow()
  })

  it('needs an identity loader beside it, for refresh, where the identity is more than its subject', async () => {
    const tokens = await tokensWith(() => ({}))

    await expect(tokens.issue({ id: 7 })).rejects.toThrow('identityLoader')
  })
})
