import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { Controller, Get, UseGuards } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtGuard, type JwtKey } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { importKey, type RingKey } from '../../packages/core/src/keys/import-key.js'
import { KeyRing } from '../../packages/core/src/keys/key-ring.js'
import { signToken } from '../../packages/core/src/issue/sign-token.js'
import { OwnTokens } from '../../packages/core/src/token/own-tokens.js'
import { TokenSources } from '../../packages/core/src/token/token-sources.js'
import { TokenVerifier } from '../../packages/core/src/token/token-verifier.js'
import { type Adapter, adapters, type RunningApp, startApp } from '../support/adapters.js'
import { readToken } from '../support/forge.js'
import { refused } from '../support/refusals.js'

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me(@Claims('sub') sub: string) {
    return { sub }
  }
}

const old: JwtKey = { algorithm: 'HS256', secret: randomBytes(48), kid: 'old' }
const fresh: JwtKey = {
  algorithm: 'ES256',
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  kid: 'fresh',
}

function run(adapter: Adapter, keys: JwtKey[]): Promise<RunningApp> {
  const imports = [JwtAuthModule.forRoot({ keys, refreshToken: false })]
  return startApp(adapter, { imports, controllers: [MeController] })
}

/** Instances of one app behind a balancer, with requests that never pause. */
class Fleet {
  readonly statuses: number[] = []
  readonly tokens: string[] = []
  private readonly instances: RunningApp[] = []
  private turn = 0
  private isOpen = true

  constructor(private readonly adapter: Adapter) {}

  /** A new instance takes the place of the one at `at`, without a gap. */
  async deploy(at: number, keys: JwtKey[]): Promise<void> {
    this.instances[at] = await run(this.adapter, keys)
  }

  /** Each with a token of some instance, to some instance, one after the other. */
  async request(): Promise<void> {
    while (this.isOpen) {
      const app = this.instance()
      if (this.turn % 5 === 0 || this.tokens.length === 0)
        this.tokens.push(await app.tokens.issueAccessToken('ida'))
      const token = this.tokens[this.turn % this.tokens.length]
      const { status } = await this.instance().get('/me', token)
      this.statuses.push(status)
    }
  }

  /** Resolves when so many more requests were answered. */
  async answered(count: number): Promise<void> {
    const until = this.statuses.length + count
    while (this.statuses.length < until) await new Promise((resolve) => setImmediate(resolve))
  }

  close(): void {
    this.isOpen = false
  }

  private instance(): RunningApp {
    return this.instances[this.turn++ % this.instances.length] as RunningApp
  }
}

describe.each(adapters)('keys change under traffic on $name', (adapter) => {
  it('a new key goes first, the old one leaves, and only then its tokens are refused', async () => {
    const before = await run(adapter, [old])
    const token = await before.tokens.issueAccessToken('ida')
    expect(await before.get('/me', token)).toMatchObject({ status: 200 })

    const rotated = await run(adapter, [fresh, old])
    const renewed = await rotated.tokens.issueAccessToken('ida')
    for (const good of [token, renewed, token, renewed]) {
      expect(await rotated.get('/me', good)).toMatchObject({ status: 200, body: { sub: 'ida' } })
    }

    const after = await run(adapter, [fresh])
    expect(await after.get('/me', token)).toMatchObject(refused(401, 'token_signature_invalid'))
    expect(await after.get('/me', renewed)).toMatchObject({ status: 200 })
  })

  it('two instances, one after the other: no request is refused', async () => {
    const fleet = new Fleet(adapter)
    await Promise.all([fleet.deploy(0, [old]), fleet.deploy(1, [old])])
    const traffic = [fleet.request(), fleet.request(), fleet.request(), fleet.request()]

    // While some know the new key and some do not, nobody may sign with it: it first joins the list, then leads it.
    for (const keys of [
      [old, fresh],
      [fresh, old],
    ]) {
      for (const at of [0, 1]) {
        await fleet.answered(50)
        await fleet.deploy(at, keys)
      }
    }
    await fleet.answered(50)
    fleet.close()
    await Promise.all(traffic)

    expect(fleet.statuses.length).toBeGreaterThan(250)
    expect(fleet.statuses.filter((status) => status !== 200)).toEqual([])
    expect(new Set(fleet.tokens.map((token) => readToken(token).header['kid']))).toEqual(
      new Set(['old', 'fresh']),
    )
  })
})

describe('a remembered token', () => {
  const clock = new FakeClock(Date.parse('2030-01-01T00:00:00Z'))
  const now = Math.floor(clock.now() / 1000)
  const rules = {
    issuers: undefined,
    audience: undefined,
    clockTolerance: 0,
    requiredClaims: { access: [], refresh: [], 'one-time': [] },
    schema: undefined,
  }

  /** A ring that keys can leave, and how often each signature was checked. */
  async function ringOf(...keys: JwtKey[]) {
    const checked = { count: 0 }
    const imported = await Promise.all(keys.map(importKey))
    const watched = imported.map((key): RingKey => ({
      ...key,
      verify: (input, signature) => {
        checked.count++
        return key.verify(input, signature)
      },
    }))
    const ring = new Map(watched.map((key) => [key.kid, key]))
    const signing = new KeyRing(imported)
    const issue = async (claims: Record<string, unknown>) => signToken(signing, 'at+jwt', claims)
    const verifier = new TokenVerifier(
      new TokenSources(new OwnTokens({ find: (kid) => ring.get(kid ?? '') }, rules)),
      clock,
      10,
    )
    return { ring, checked, issue, verify: (token: string) => verifier.verify(token, 'access') }
  }

  it('has its signature checked once, and gives the very same claims', async () => {
    const { issue, verify, checked } = await ringOf(old)
    const token = await issue({ sub: 'ida', exp: now + 60 })
    const [first, second] = [await verify(token), await verify(token)]

    expect(second).toBe(first)
    expect(checked.count).toBe(1)
  })

  it('is refused and forgotten when its key leaves', async () => {
    const { issue, verify, ring, checked } = await ringOf(old)
    const token = await issue({ sub: 'ida', exp: now + 60 })
    await verify(token)
    const key = ring.get('old') as RingKey

    ring.delete('old')
    await expect(verify(token)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
    ring.set('old', key)
    await verify(token)
    expect(checked.count).toBe(2)
  })

  it('is refused when another key takes the name of its key', async () => {
    const { issue, verify, ring } = await ringOf(old)
    const token = await issue({ sub: 'ida', exp: now + 60 })
    await verify(token)

    ring.set('old', await importKey({ algorithm: 'HS256', secret: randomBytes(48), kid: 'old' }))
    await expect(verify(token)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
  })
})
