import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService, type IssueOptions } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'

type Json = Record<string, unknown>

let loaded: unknown

async function start(): Promise<TokenService> {
  const claimsLoader = { useValue: { loadClaims: () => loaded as Json } }
  loaded = {}
  const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, claimsLoader })] })
  return module.get(TokenService)
}

/** Like an ORM document: what `toJSON` shows is not what it holds. */
class UserDocument {
  stored = { role: 'admin', passwordHash: 'hash-in-the-database' }
  toJSON() {
    return { role: this.stored.role }
  }
}

class Entity {
  role = 'admin'
}

class Roles extends Array<string> {}

const cycle: Json = {}
cycle['self'] = { again: cycle }
const hole: string[] = []
hole[2] = 'c'

/** Each is the value of the claim `user.value`. */
const notPlain: [string, unknown][] = [
  ['an ORM document', new UserDocument()],
  ['a class instance without toJSON', new Entity()],
  ['a plain object with toJSON', { toJSON: () => 'admin' }],
  ['an object that inherits members', Object.create({ role: 'admin' })],
  ['an object that inherits from one like Object.prototype', Object.create({ isPrototypeOf: () => true })],
  ['a Map', new Map([['role', 'admin']])],
  ['a Set', new Set(['admin'])],
  ['a function', () => 'admin'],
  ['a symbol', Symbol('admin')],
  ['a symbol as member name', { [Symbol('role')]: 'admin' }],
  ['a bigint', 7n],
  ['NaN', NaN],
  ['Infinity', -Infinity],
  ['a cycle', cycle],
  ['an accessor', Object.defineProperty({}, 'role', { get: () => 'admin', enumerable: true })],
  ['a setter', Object.defineProperty({}, 'role', { set: () => undefined, enumerable: true })],
  ['a sparse array', hole],
  ['undefined in an array', [undefined]],
  ['an accessor in an array', Object.defineProperty(['a'], 0, { get: () => 'admin' })],
  ['an instance of a subclass of Array', Roles.from(['admin'])],
  ['a Buffer', Buffer.from('admin')],
  ['an Error', new Error('admin')],
  ['a boxed string', Object('admin')],
  ['an invalid Date', new Date(NaN)],
  ['a promise', Promise.resolve('admin')],
  ['too many levels', JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`)],
]

const valueAtPath = /user\.value|user\["value"\]/

describe.each(notPlain)('%s', (_, value) => {
  const claims = () => ({ user: { value } })

  it('is refused as a claim from options.claims, by its path and without its value', async () => {
    const tokens = await start()
    for (const issued of [
      tokens.issue('ida', { claims: claims() }),
      tokens.issueAccessToken('ida', { claims: claims() }),
      tokens.issueOneTimeToken('reset', 'ida', { expiresIn: '5m', claims: claims() }),
    ]) {
      const error: unknown = await issued.catch((reason: unknown) => reason)
      expect(error).toMatchObject({ name: 'JwtAuthUsageError', code: 'claims_invalid' })
      expect(String(error)).toMatch(valueAtPath)
      expect(String(error)).not.toMatch(/admin|hash-in/)
    }
  })

  it('is refused as a claim of the loader, at login and at refresh', async () => {
    const tokens = await start()
    const { refreshToken = '' } = await tokens.issue('ida')
    loaded = claims()

    for (const issued of [
      tokens.issue('ida'),
      tokens.issueAccessToken('ida'),
      tokens.refresh(refreshToken),
    ]) {
      const error: unknown = await issued.catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'claims_invalid' })
      expect(String(error)).toMatch(valueAtPath)
      expect(String(error)).not.toMatch(/admin|hash-in/)
    }
    loaded = {}
    await expect(tokens.refresh(refreshToken)).resolves.toBeDefined()
  })

  it('is refused at a refresh, as a header member and as metadata of a session', async () => {
    const tokens = await start()
    const { refreshToken = '' } = await tokens.issue('ida')

    await expect(tokens.refresh(refreshToken, { claims: claims() })).rejects.toMatchObject({
      code: 'claims_invalid',
    })
    await expect(tokens.issue('ida', { header: claims() })).rejects.toMatchObject({
      code: 'header_invalid',
      message: expect.stringMatching(valueAtPath) as unknown,
    })
    await expect(tokens.issue('ida', { session: { metadata: claims() } })).rejects.toMatchObject({
      code: 'metadata_invalid',
      message: expect.stringMatching(valueAtPath) as unknown,
    })
  })
})

describe('an object that is no plain data as the claims themselves', () => {
  it.each<[string, unknown]>([
    ['an ORM document', new UserDocument()],
    ['a class instance', new Entity()],
    ['a Map', new Map([['role', 'admin']])],
    ['a Date', new Date(0)],
    ['an array', [['role', 'admin']]],
    ['a string', 'admin'],
    ['a number', 0],
    ['a boolean', false],
    ['a plain object with toJSON', { toJSON: () => ({ role: 'admin' }) }],
    ['an object with a symbol as a member name', { [Symbol('role')]: 'admin' }],
    ['an array without a prototype', Object.setPrototypeOf(['admin'], null)],
  ])('%s is refused wherever claims are given', async (_, value) => {
    const tokens = await start()
    const { refreshToken = '' } = await tokens.issue('ida')
    const claims = value as IssueOptions['claims']
    const invalid = { code: 'claims_invalid' }

    await expect(tokens.issue('ida', { claims })).rejects.toMatchObject(invalid)
    await expect(tokens.issueAccessToken('ida', { claims })).rejects.toMatchObject(invalid)
    await expect(tokens.refresh(refreshToken, { claims })).rejects.toMatchObject(invalid)
    await expect(
      tokens.issueOneTimeToken('reset', 'ida', { expiresIn: '5m', claims: value as Json }),
    ).rejects.toMatchObject(invalid)
    loaded = value
    await expect(tokens.issue('ida')).rejects.toMatchObject({
      code: expect.stringMatching(/^claims_(loader_)?invalid$/) as unknown,
    })
  })
})

it('null as the header is refused, and named', async () => {
  await expect((await start()).issue('ida', { header: null as never })).rejects.toMatchObject({
    code: 'header_invalid',
    message: expect.stringContaining('but is null') as unknown,
  })
})

const registered = new Set(['iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti', 'sid', 'auth_time'])

function customClaimsOf(token: string): Json {
  return Object.fromEntries(Object.entries(readToken(token).claims).filter(([name]) => !registered.has(name)))
}

const long = 'x'.repeat(70)

describe('the message', () => {
  it.each<[claims: unknown, message: string]>([
    [7, 'options.claims must be a plain object, but is a number.'],
    [NaN, 'options.claims must be a plain object, but is a number that JSON cannot express.'],
    ['text', 'options.claims must be a plain object, but is a string.'],
    [['a'], 'options.claims must be a plain object, but is an array.'],
    [new Map(), 'options.claims must be a plain object, but is an instance of Map.'],
    [new Roles(), 'options.claims must be a plain object, but is an instance of Roles.'],
    [new (class {})(), 'options.claims must be a plain object, but is an instance of a class.'],
    [
      Object.create(Object.create(null)),
      'options.claims must be a plain object, but is an instance of a class.',
    ],
    [{ a: NaN }, 'The claim "a" of options.claims is a number that JSON cannot express.'],
    [{ a: 7n }, 'The claim "a" of options.claims is a bigint.'],
    [{ a: () => 0 }, 'The claim "a" of options.claims is a function.'],
    [{ a: Symbol('s') }, 'The claim "a" of options.claims is a symbol.'],
    [{ a: new Entity() }, 'The claim "a" of options.claims is an instance of Entity.'],
    [{ a: [1, [undefined]] }, 'The claim "a[1][0]" of options.claims is undefined or a hole in an array.'],
    [
      { a: { b: { c_$1: NaN } } },
      'The claim "a.b.c_$1" of options.claims is a number that JSON cannot express.',
    ],
    [{ 'a b': NaN }, 'The claim "["a b"]" of options.claims is a number that JSON cannot express.'],
    [{ 'a b': { c: NaN } }, 'The claim "["a b"].c" of options.claims is a number that JSON cannot express.'],
    [{ a: { '.b': NaN } }, 'The claim "a[".b"]" of options.claims is a number that JSON cannot express.'],
    [
      { [long]: NaN },
      `The claim "["${long.slice(0, 64)}"]" of options.claims is a number that JSON cannot express.`,
    ],
    [{ a: [cycle] }, 'The claim "a[0].self.again" of options.claims refers to an object that contains it.'],
    [{ [Symbol('s')]: 1 }, 'options.claims has a symbol as a member name.'],
  ])('about %p names the place and what is there', async (claims, message) => {
    const issued = (await start()).issueAccessToken('ida', { claims: claims as Json })
    await expect(issued).rejects.toThrow(message)
  })

  it('about the answer of a loader says so', async () => {
    const tokens = await start()
    loaded = ['a']
    await expect(tokens.issueAccessToken('ida')).rejects.toThrow(
      "The claims loader's result must be a plain object, but is an array.",
    )
    loaded = { a: NaN }
    await expect(tokens.issueAccessToken('ida')).rejects.toThrow(
      'The claim "a" of the claims loader\'s result is a number',
    )
    loaded = { [Symbol('s')]: 1 }
    await expect(tokens.issueAccessToken('ida')).rejects.toThrow(
      "The claims loader's result has a symbol as a member name. Use plain JSON data",
    )
  })
})

describe('plain data', () => {
  /** One object at two places is no cycle. */
  const shared = {}
  const date = new Date('2030-01-01T00:00:00Z')
  const plain = {
    born: date,
    nested: Object.assign(Object.create(null) as Json, {
      list: [1, 'two', null, { at: date }],
      left: undefined,
    }),
    frozen: Object.freeze({ list: Object.freeze(['a']) }),
    cloned: structuredClone({ list: [{}] }),
    twice: [shared, shared],
    constructor: 'x',
    hidden: Object.defineProperty({ seen: 1 }, 'unseen', { value: 2, enumerable: false }),
  }
  const sent = {
    born: '2030-01-01T00:00:00.000Z',
    nested: { list: [1, 'two', null, { at: '2030-01-01T00:00:00.000Z' }] },
    frozen: { list: ['a'] },
    cloned: { list: [{}] },
    twice: [{}, {}],
    constructor: 'x',
    hidden: { seen: 1 },
  }

  it('says the same in the access and refresh token, and in those of a refresh', async () => {
    const tokens = await start()
    const first = await tokens.issue('ida', { claims: plain })
    const second = await tokens.refresh(first.refreshToken ?? '')

    for (const { access_token, refresh_token = '' } of [first, second]) {
      for (const token of [access_token, refresh_token]) {
        expect(customClaimsOf(token)).toEqual(sent)
      }
    }
  })

  it('says the same from a loader', async () => {
    const tokens = await start()
    loaded = plain

    for (const token of Object.values(await tokens.issue('ida')).filter((one) =>
      /\..*\./.test(String(one)),
    )) {
      expect(customClaimsOf(String(token))).toEqual(sent)
    }
  })

  it('may have members of the name __proto__, which are members and no prototype', async () => {
    const tokens = await start()
    const claims = JSON.parse(
      '{"__proto__":{"is_admin":true},"user":{"__proto__":{"is_admin":true}}}',
    ) as Json
    const token = await tokens.issueAccessToken('ida', { claims })
    const text = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()

    expect(text).toMatch(
      /^\{"sub":.*,"__proto__":\{"is_admin":true\},"user":\{"__proto__":\{"is_admin":true\}\}\}$/,
    )
    const verified = (await tokens.verify(token)).claims
    expect(verified).not.toHaveProperty('is_admin')
    expect(Object.getPrototypeOf(verified)).toBe(Object.prototype)
  })

  it('is copied when a call begins: changing it while a loader is awaited changes no token', async () => {
    const list = ['a']
    const claimsLoader = {
      useValue: {
        loadClaims: async () => {
          list.push('b')
          return null
        },
      },
    }
    const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, claimsLoader })] })
    const pair = await module.get(TokenService).issue('ida', { claims: { list } })

    for (const token of [pair.access_token, pair.refresh_token ?? '']) {
      expect(readToken(token).claims['list']).toEqual(['a'])
    }
  })
})

describe('options on Object.prototype', () => {
  it('are not taken for options of a call', async () => {
    const tokens = await start()
    const polluted = Object.prototype as Json
    let issued: string[]
    try {
      polluted['claims'] = { is_admin: true }
      issued = [(await tokens.issue('ida')).access_token, await tokens.issueAccessToken('ida', {})]
    } finally {
      delete polluted['claims']
    }

    for (const token of issued) expect(readToken(token).claims).not.toHaveProperty('is_admin')
  })
})
