import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

type Start = () => ReturnType<typeof JwtAuthModule.forRoot>

/** Where the problems are; none if the app starts. */
async function pathsOf(start: Start): Promise<string[]> {
  try {
    await startModule({ imports: [start()] })
    return []
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    return error.problems.map(({ path }) => path)
  }
}

const byRoot = (options: object) => pathsOf(() => JwtAuthModule.forRoot(options))
const byFactory = (options: object) =>
  pathsOf(() => JwtAuthModule.forRootAsync({ useFactory: () => options }))

class Base {
  get audience() {
    return 'api'
  }
}

class Config extends Base {
  secret = SECRET
  refreshToken = false as const

  get accessToken() {
    return { expiresIn: '1m' }
  }

  subject() {
    return 'ida'
  }
}

class PlainConfig {
  secret = SECRET
  audience = 'api'

  get environment() {
    return 'test'
  }

  validate() {
    return true
  }
}

class Lifetimes {
  get expiresIn() {
    return '1m'
  }
}

class Party {
  issuer = 'https://login.example/'
  keys = { keys: [] }
  audience = 'api'
  algorithms = ['RS256']

  accept() {
    return false
  }
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519')

class NamedKey {
  algorithm = 'EdDSA'
  privateKey = privateKey

  get kid() {
    return 'mine'
  }
}

class Former {
  secret = `another!${SECRET}`
  algorithm = 'HS256'
  until = new Date(Date.now() + 1000)

  accept() {
    return true
  }
}

const hidden = (value: string) => Object.defineProperty({ secret: SECRET }, 'audience', { value })

describe('options that the class of an object has', () => {
  it.each<[string, string[], object]>([
    ['getters and methods', ['audience', 'accessToken', 'subject'], new Config()],
    ['a member that is not enumerable', ['audience'], hidden('api')],
    ['a group', ['accessToken.expiresIn'], { secret: SECRET, accessToken: new Lifetimes() }],
    ['legacyTokens', ['legacyTokens.accept'], { secret: SECRET, legacyTokens: new Former() }],
    ['a key', ['keys[0].kid'], { keys: [new NamedKey()] }],
  ])('would be ignored, so they are boot errors: %s', async (_, paths, options) => {
    expect(await byRoot(options)).toEqual(paths)
    expect(await byFactory(options)).toEqual(paths)
  })

  it('are boot errors in issuers', async () => {
    const paths = ['issuers[0].accept']
    expect(await byRoot({ issuers: [new Party()] })).toEqual(expect.arrayContaining(paths))
    expect(await byFactory({ issuers: [new Party()] })).toEqual(expect.arrayContaining(paths))
  })

  it('are boot errors where they are all there is', async () => {
    class Lazy {
      get secret() {
        return SECRET
      }
    }
    expect(await byRoot(new Lazy())).toEqual(['secret'])
    expect(await byFactory(new Lazy())).toEqual(['secret'])
  })

  it('are boot errors next to a factory', async () => {
    class Beside {
      useFactory = () => ({ secret: SECRET })

      get identityLoader() {
        return { useValue: { loadIdentity: () => null } }
      }
    }
    expect(await pathsOf(() => JwtAuthModule.forRootAsync(new Beside()))).toEqual(['identityLoader'])
  })

  it('are boot errors in what a factory returns, for what belongs next to it', async () => {
    class WithLoader {
      secret = SECRET

      get identityLoader() {
        return { useValue: { loadIdentity: () => null } }
      }
    }
    expect(await byFactory(new WithLoader())).toEqual(['identityLoader'])
  })
})

describe('a class that has its options as members of its own', () => {
  it('may have other getters and methods', async () => {
    expect(await byRoot(new PlainConfig())).toEqual([])
    expect(await byFactory(new PlainConfig())).toEqual([])
  })

  it('may be a key whose method signs', async () => {
    const { sign } = await import('node:crypto')
    class Signer {
      algorithm = 'EdDSA' as const
      publicKey = publicKey

      sign(input: Uint8Array) {
        return Promise.resolve(new Uint8Array(sign(null, input, privateKey)))
      }
    }
    expect(await byRoot({ keys: [new Signer()] })).toEqual([])
  })
})

describe('a polluted Object.prototype', () => {
  it('neither sets an option nor stops the start', async () => {
    const polluted = Object.prototype as Record<string, unknown>
    let found: unknown[]
    try {
      polluted['audience'] = 'api'
      found = [await byRoot({ secret: SECRET }), await byFactory({ secret: SECRET })]
    } finally {
      delete polluted['audience']
    }
    expect(found).toEqual([[], []])
  })
})

describe('options of a call', () => {
  it('that the class of an object has are an error, because they would be ignored', async () => {
    const imports = [JwtAuthModule.forRoot({ secret: SECRET })]
    const tokens = (await startModule({ imports })).get(TokenService)
    const problem = (path: string) => ({
      code: 'options_invalid',
      message: expect.stringContaining(`${path}: The value is a getter`),
    })

    await expect(tokens.issue('ida', new Lifetimes())).rejects.toMatchObject(problem('options.expiresIn'))
    await expect(tokens.issue('ida', { session: new Lifetimes() })).rejects.toMatchObject(
      problem('options.session.expiresIn'),
    )
  })
})
