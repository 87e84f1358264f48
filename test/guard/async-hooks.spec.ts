import { Controller, Get, UseGuards } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import {
  CurrentIdentity,
  JwtAuthModule,
  JwtGuard,
  RequireClaims,
  TokenService,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { adapters, startApp, startModule, type Adapter } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

/** A promise that is settled well after everything that did not wait for it. */
async function later<T>(value: T): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve))
  return value
}

async function fail(): Promise<never> {
  await later(undefined)
  throw new Error('no database')
}

const identityLoader = {
  useValue: {
    loadIdentity: ({ sub }: JwtClaims) =>
      sub === 'broken' ? fail() : later(sub === 'gone' ? null : { name: sub }),
  },
}

@Controller('doors')
@UseGuards(JwtGuard)
class DoorsController {
  @Get('opened')
  @RequireClaims({ sub: () => later(true) })
  opened() {
    return { open: true }
  }

  @Get('shut')
  @RequireClaims({ sub: () => later(false) })
  shut() {
    return { open: true }
  }

  @Get('half-shut')
  @RequireClaims({ sub: [() => true, later(true)] as unknown as string[] })
  halfShut() {
    return { open: true }
  }

  @Get('mine')
  mine(@CurrentIdentity() identity: unknown) {
    return { identity }
  }
}

const startWith = (adapter: Adapter, options: Partial<Options>) =>
  startApp(adapter, {
    imports: [JwtAuthModule.forRoot({ secret: SECRET, ...options })],
    controllers: [DoorsController],
  })

describe.each(adapters)('asynchronous functions of the app are awaited on $name', (adapter) => {
  it('a predicate: true accepts, false refuses', async () => {
    const app = await startWith(adapter, {})
    const token = await app.tokens.issueAccessToken('ida')

    expect(await app.get('/doors/opened', token)).toMatchObject({ status: 200 })
    expect(await app.get('/doors/shut', token)).toMatchObject(refused(403, 'insufficient_claims'))
    expect(await app.get('/doors/half-shut', token)).toMatchObject(refused(403, 'insufficient_claims'))
  })

  it('an identity loader: somebody, nobody, or a failure', async () => {
    const app = await startWith(adapter, { identityLoader, attachIdentityAs: 'user' })
    const get = async (sub: string) => app.get('/doors/mine', await app.tokens.issueAccessToken(sub))

    expect(await get('ida')).toMatchObject({ status: 200, body: { identity: { name: 'ida' } } })
    expect(await get('gone')).toMatchObject(refused(401, 'identity_unknown'))
    expect(await get('broken')).toMatchObject({ status: 500 })
  })
})

describe('asynchronous functions of the app are awaited', () => {
  it('a claims loader, for each token', async () => {
    let loads = 0
    const loadClaims = () => later({ load: ++loads })
    const claimsLoader = { useValue: { loadClaims } }
    const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, claimsLoader })] })
    const pair = await module.get(TokenService).issue('ida')
    const both = [pair.access_token, pair.refresh_token ?? ''].map((token) => readToken(token).claims['load'])

    expect(new Set(both)).toEqual(new Set([1, 2]))
  })

  it('a claims loader that fails: no token is issued', async () => {
    const claimsLoader = { useValue: { loadClaims: fail } }
    const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, claimsLoader })] })

    await expect(module.get(TokenService).issue('ida')).rejects.toThrow('no database')
  })

  it('but not the function subject, which must be synchronous', async () => {
    const subject = (() => later('ida')) as unknown as () => string
    const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, subject })] })

    await expect(module.get(TokenService).issueAccessToken('ida')).rejects.toMatchObject({
      code: 'subject_invalid',
    })
  })
})
