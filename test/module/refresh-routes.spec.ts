import { Controller, Get, type Type } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, UseRefreshToken } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

@Controller('one')
class OneRoute {
  @Get()
  @UseRefreshToken()
  current() {}

  @Get('other')
  other() {}
}

@Controller('all')
@UseRefreshToken()
class AllRoutes {
  @Get()
  current() {}
}

@Controller('derived')
class Derived extends OneRoute {}

async function problemsOf(refreshToken: false | undefined, controller: Type): Promise<string[]> {
  try {
    await startModule({
      imports: [JwtAuthModule.forRoot({ secret: SECRET, refreshToken })],
      controllers: [controller],
    })
    return []
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    return error.problems.map(({ path, problem }) => `${path}: ${problem}`)
  }
}

describe('@UseRefreshToken() in an app without refresh tokens', () => {
  it.each<[string, Type]>([
    ['OneRoute.current', OneRoute],
    ['AllRoutes', AllRoutes],
    ['OneRoute.current', Derived],
  ])('is a boot error that names %s', async (path, controller) => {
    const problem = '@UseRefreshToken() needs refresh tokens, but this app has none'

    expect(await problemsOf(false, controller)).toEqual([`${path}: ${problem}`])
  })

  it('is no error if there are refresh tokens', async () => {
    expect(await problemsOf(undefined, OneRoute)).toEqual([])
  })
})

describe('csrf in an app without cookies', () => {
  it('is a boot error that names the option', async () => {
    const starting = startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, csrf: {} })] })

    await expect(starting).rejects.toMatchObject({
      problems: [expect.objectContaining({ path: 'csrf' })],
    })
  })
})
