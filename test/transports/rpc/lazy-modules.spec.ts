import { Inject, Injectable, Module, UseGuards } from '@nestjs/common'
import { ExternalContextCreator, LazyModuleLoader } from '@nestjs/core'
import { Test } from '@nestjs/testing'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, Public, TokenService } from '@nest-jwt-auth/core'
import { SECRET } from '../../support/forge.js'

/** What a queue calls, loaded when its first job comes. */
@Injectable()
@UseGuards(JwtGuard)
class Jobs {
  constructor(@Inject(TokenService) readonly tokens: TokenService) {}

  @Public()
  open(this: void, job: unknown) {
    return { done: job }
  }

  closed(this: void, job: unknown) {
    return { done: job }
  }
}

@Module({ providers: [Jobs] })
class LazyModule {}

async function loadJobs() {
  const module = await Test.createTestingModule({
    imports: [JwtAuthModule.forRoot({ secret: SECRET })],
  }).compile()
  await module.init()
  const lazy = await module.get(LazyModuleLoader).load(() => LazyModule)
  const jobs = lazy.get(Jobs)
  const run = async (name: 'open' | 'closed', type: string): Promise<unknown> => {
    const creator = module.get(ExternalContextCreator)
    const none = undefined
    const call = creator.create(jobs, jobs[name], name, none, none, none, none, none, type)
    return (call as (job: string) => unknown)('job 1')
  }
  return { jobs, run, tokens: module.get(TokenService) }
}

describe('a consumer in a module that is loaded lazily', () => {
  it('has the services of the app', async () => {
    const { jobs, tokens } = await loadJobs()

    expect(jobs.tokens).toBe(tokens)
  })

  it.each(['http', 'rpc', 'job'])(
    'is called where it is public, in a context of the type %s',
    async (type) => {
      const { run } = await loadJobs()

      expect(await run('open', type)).toEqual({ done: 'job 1' })
    },
  )

  it.each(['http', 'rpc', 'job'])('is refused where it is not, in one of the type %s', async (type) => {
    const { run } = await loadJobs()

    await expect(run('closed', type)).rejects.toMatchObject({
      code: 'transport_unsupported',
      message: expect.stringMatching(new RegExp(`Jobs\\.closed .*"${type}".*@Public\\(\\)`)),
    })
  })
})
