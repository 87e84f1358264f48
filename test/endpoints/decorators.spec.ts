import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  HttpException,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import { beforeEach, describe, expect, it } from '@jest/globals'
import type { EndpointDecorators, EndpointName } from '@nest-jwt-auth/core'
import type { Observable } from 'rxjs'
import { adapters, type RunningApp } from '../support/adapters.js'
import { ada, Doorman, everyRoute } from './app.js'
import { base, startVersioned } from './versioned-app.js'

const visits: string[] = []

/** A guard that lets two requests of each route through. */
@Injectable()
class TwoEach implements CanActivate {
  private readonly counts = new Map<string, number>()

  canActivate(context: ExecutionContext): boolean {
    const { name } = context.getHandler()
    const count = (this.counts.get(name) ?? 0) + 1
    this.counts.set(name, count)
    visits.push(`${name} ${count}`)
    if (count > 2) throw new HttpException({ retry: 'later' }, 429)
    return true
  }
}

@Injectable()
class Counted implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    visits.push('interceptor')
    return next.handle()
  }
}

describe.each(adapters)('decorators of the app on the ready-made routes on $name', (adapter) => {
  const startWith = (decorators: EndpointDecorators): Promise<RunningApp> =>
    startVersioned(adapter, { endpoints: { authenticator: Doorman, ...everyRoute, decorators } })

  beforeEach(() => {
    visits.length = 0
  })

  it('guard a route before it does anything, and a 429 comes out as it is', async () => {
    const app = await startWith({ login: [UseGuards(TwoEach)] })
    const answers = []
    for (let round = 0; round < 3; round++) answers.push(await app.post(`${base}/login`, ada))

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(answers[2]?.body).toEqual({ retry: 'later' })
    expect(await app.tokens.sessions('ada')).toHaveLength(2)
    expect((await app.post(`${base}/refresh`, {})).status).toBe(401)
    expect(visits).toEqual(['login 1', 'login 2', 'login 3'])
  })

  it.each<[EndpointName, string, string]>([
    ['login', 'POST', 'login'],
    ['refresh', 'POST', 'refresh'],
    ['logout', 'POST', 'logout'],
    ['logoutAll', 'POST', 'logout-all'],
    ['sessions', 'GET', 'sessions'],
    ['endSession', 'DELETE', 'sessions/some-id'],
  ])('may stand on %s, ahead of the guard of the token', async (name, method, path) => {
    const app = await startWith({ [name]: [UseGuards(TwoEach)] })
    await app.send({ method, path: `${base}/${path}` })

    expect(visits).toEqual([`${name} 1`])
  })

  it('run from top to bottom, read metadata, and never reach an interceptor', async () => {
    const seen: unknown[] = []
    const reading: CanActivate = {
      canActivate: (context) => seen.push(Reflect.getMetadata('limit', context.getHandler())) > 0,
    }
    const app = await startWith({
      login: [SetMetadata('limit', 5), UseGuards(reading), UseInterceptors(Counted)],
    })

    expect((await app.post(`${base}/login`, ada)).status).toBe(200)
    expect(seen).toEqual([5])
    expect(visits).toEqual([])
  })
})
