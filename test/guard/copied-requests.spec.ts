import { Controller, Get, Headers, Inject, Param, Req, Res } from '@nestjs/common'
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, OptionalAuth } from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

interface Copy {
  auth?: { claims: { sub: string } } | undefined
}

const copies: Record<string, (request: object, headers: object) => Copy> = {
  spread: (request, headers) => ({ ...request, headers, auth: undefined }),
  derived: (request, headers) =>
    Object.create(request, {
      headers: { value: headers },
      auth: { value: undefined, writable: true },
    }) as Copy,
}

/** Like a batch endpoint: asks the guard again, for a copy of the request that carries the token of `x-second`. */
@Controller('batch')
class BatchController {
  constructor(@Inject(JwtGuard) private readonly guard: JwtGuard) {}

  @Get(':copy')
  @OptionalAuth()
  async batch(
    @Param('copy') copy: string,
    @Headers('x-second') second: string | undefined,
    @Req() request: object,
    @Res({ passthrough: true }) response: object,
  ) {
    const copied = copies[copy]!(request, second === undefined ? {} : { authorization: `Bearer ${second}` })
    const handler: unknown = Reflect.get(BatchController.prototype, 'batch')
    await this.guard.canActivate(
      new ExecutionContextHost([copied, response], BatchController, handler as () => unknown),
    )
    return { sub: copied.auth?.claims.sub ?? 'nobody' }
  }
}

describe.each(adapters)('a copy of a request on $name', (adapter) => {
  let app: RunningApp
  let ada: string
  let ben: string

  beforeAll(async () => {
    const auth = JwtAuthModule.forRoot({ secret: SECRET })
    app = await startApp(adapter, { imports: [auth], controllers: [BatchController] })
    ada = await app.tokens.issueAccessToken('ada')
    ben = await app.tokens.issueAccessToken('ben')
  })

  it.each(Object.keys(copies))('is authenticated by its own token: %s', async (copy) => {
    const get = (second?: string) =>
      app.send({
        path: `/batch/${copy}`,
        headers: [
          ['Authorization', `Bearer ${ada}`],
          ...(second === undefined ? [] : ([['X-Second', second]] satisfies [string, string][])),
        ],
      })

    expect(await get(ben)).toMatchObject({ status: 200, body: { sub: 'ben' } })
    expect(await get(breakSignature(ben))).toMatchObject(refused(401, 'token_signature_invalid'))
    expect(await get()).toMatchObject({ status: 200, body: { sub: 'nobody' } })
  })
})
