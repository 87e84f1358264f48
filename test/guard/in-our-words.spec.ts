import { Controller, Get, Module, UseGuards } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, RequireClaims } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

@Controller('guarded')
@UseGuards(JwtGuard)
class GuardedController {
  @Get()
  read() {
    return {}
  }
}

@Controller('demanding')
class DemandingController {
  @Get()
  @RequireClaims({ is_admin: true })
  read() {
    return {}
  }
}

const forRoot = (options = {}) => JwtAuthModule.forRoot({ secret: SECRET, ...options })
const problem = (path: string, text: string) => ({
  code: 'config_invalid',
  problems: [{ path, problem: expect.stringContaining(text) }],
})

describe('mistakes for which Nest has a puzzling error get an error of this library', () => {
  it.each([
    ['a guard', { controllers: [GuardedController] }],
    ['a policy', { controllers: [DemandingController] }],
    ['a global guard', { providers: [{ provide: APP_GUARD, useClass: JwtGuard }] }],
  ])('%s without the module', async (_, metadata) => {
    await expect(startModule(metadata)).rejects.toMatchObject(
      problem('JwtGuard', 'JwtAuthModule is not available'),
    )
  })

  it('a guard in a module that does not import JwtAuthModule, with isGlobal: false', async () => {
    @Module({ controllers: [GuardedController] })
    class FeatureModule {}

    await expect(
      startModule({ imports: [forRoot({ isGlobal: false }), FeatureModule] }),
    ).rejects.toMatchObject(problem('JwtGuard', 'JwtAuthModule is not available'))
  })

  it('the module without options', async () => {
    await expect(startModule({ imports: [JwtAuthModule] })).rejects.toMatchObject(
      problem('JwtAuthModule', 'without options'),
    )
  })

  it('the module without options in another module, with a guard there', async () => {
    @Module({ imports: [JwtAuthModule], controllers: [GuardedController] })
    class FeatureModule {}

    await expect(startModule({ imports: [forRoot(), FeatureModule] })).rejects.toMatchObject(
      problem('JwtAuthModule', 'without options'),
    )
  })

  it.each([
    ['the options are wrong', { secret: 'short' }, 'secret'],
    ['a loader is missing', { identityLoader: class Missing {} }, 'identityLoader'],
  ])('but not where %s and guards wait for the module', async (_, options, path) => {
    for (const controllers of [[GuardedController], [DemandingController]]) {
      const providers = [{ provide: APP_GUARD, useExisting: JwtGuard }]
      const starting = startModule({ imports: [forRoot(options)], controllers, providers })

      await expect(starting).rejects.toMatchObject({ code: 'config_invalid', problems: [{ path }] })
    }
  })

  it('but an error of the options factory stays as it is', async () => {
    const useFactory = () => {
      throw new Error('no vault')
    }
    const starting = startModule({
      imports: [JwtAuthModule.forRootAsync({ useFactory })],
      controllers: [GuardedController],
    })

    await expect(starting).rejects.toThrow('no vault')
  })
})
