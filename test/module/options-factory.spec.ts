import { Module } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { problemsOf } from '../support/boot-problems.js'
import { SECRET } from '../support/forge.js'

class ByMethod {
  createJwtAuthOptions() {
    return { secret: SECRET }
  }
}

class ByMember {
  createJwtAuthOptions = () => Promise.resolve({ secret: SECRET })
}

class Without {}

@Module({ providers: [ByMethod, Without], exports: [ByMethod, Without] })
class SettingsModule {}

const start = async (options: object) => startModule({ imports: [JwtAuthModule.forRootAsync(options)] })

const useFactory = () => ({ secret: SECRET })
const imports = [SettingsModule]

describe('forRootAsync', () => {
  it.each<[path: string, problem: string, options: object]>([
    ['forRootAsync', 'None of', {}],
    ['forRootAsync', 'None of', { secret: SECRET }],
    ['forRootAsync', 'None of', { inject: [] }],
    ['forRootAsync', 'None of', { useFactory: undefined }],
    ['forRootAsync', 'Both useFactory and useClass are set', { useFactory, useClass: ByMethod }],
    ['forRootAsync', 'Both useClass and useExisting', { useClass: ByMethod, useExisting: ByMethod }],
    ['useFactory', 'must be a function', { useFactory: 'x' }],
    ['useFactory', 'must be a function', { useFactory: null }],
    ['useClass', 'must be a class', { useClass: 'ByMethod' }],
    ['useExisting', 'must be the token', { useExisting: 7 }],
    ['useClass', 'no method createJwtAuthOptions', { useClass: Without }],
    ['useExisting', 'no method createJwtAuthOptions', { useExisting: Without, imports }],
    ['inject', 'must be an array', { useFactory, inject: 'ByMethod' }],
  ])('does not take what Nest could not use: %s: %s…', async (path, problem, options) => {
    expect(await problemsOf(start(options))).toMatchObject([
      { path, problem: expect.stringContaining(problem) },
    ])
  })

  it.each<[string, object]>([
    ['a factory', { useFactory }],
    ['a factory that injects', { useFactory, inject: [ByMethod], imports }],
    ['a class', { useClass: ByMethod }],
    ['a class with the function as a member', { useClass: ByMember }],
    ['a provider', { useExisting: ByMethod, imports }],
    ['a factory, beside members that are undefined', { useFactory, useClass: undefined, inject: undefined }],
  ])('takes %s', async (_, options) => {
    const module = await start(options)
    await expect(module.get(TokenService).issueAccessToken('ida')).resolves.toBeDefined()
  })
})

describe('an option next to the factory', () => {
  it.each([undefined, 'api'])('has no effect there, whatever the factory returns: %p', async (audience) => {
    const returned = { secret: SECRET, ...(audience !== undefined && { audience }) }
    for (const options of [returned, { ...returned, audience }]) {
      expect(await problemsOf(start({ audience: 'api', useFactory: () => options }))).toMatchObject([
        { path: 'audience', problem: expect.stringContaining('next to the factory') },
      ])
    }
  })
})
