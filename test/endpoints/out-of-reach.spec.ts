import {
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  HttpException,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common'
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, HttpAdapterHost } from '@nestjs/core'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { JwtGuard } from '@nest-jwt-auth/core'
import { map, of, tap, type Observable } from 'rxjs'
import { adapters, type RunningApp } from '../support/adapters.js'
import { breakSignature } from '../support/forge.js'
import { challengeOf, refused } from '../support/refusals.js'
import type { Answer } from '../support/http.js'
import { ada, ben, type Tokens } from './app.js'
import { base, startVersioned } from './versioned-app.js'

/** A cache as they are sold: one answer for each URL, whoever asks. */
@Injectable()
class UrlCache implements NestInterceptor {
  private readonly answers = new Map<string, unknown>()

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { url } = context.switchToHttp().getRequest<{ url: string }>()
    if (this.answers.has(url)) return of(this.answers.get(url))
    return next.handle().pipe(tap((answer) => this.answers.set(url, answer)))
  }
}

/** A serializer that knows none of the members, and an envelope around what it leaves. */
@Injectable()
class EmptyEnvelope implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map(() => ({ data: {} })))
  }
}

@Injectable()
class NothingPasses implements PipeTransform {
  transform(): never {
    throw new BadRequestException('a pipe was asked')
  }
}

@Injectable()
@Catch()
class EverythingIsFine implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost) {
    const status = thrown instanceof HttpException && thrown.getStatus() === 429 ? 429 : 200
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { ok: 'by the app' }, status)
  }
  constructor(private readonly host: HttpAdapterHost) {}
}
Reflect.defineMetadata('design:paramtypes', [HttpAdapterHost], EverythingIsFine)

const visits: string[] = []

/** Runs for all routes, and refuses those who say so. */
@Injectable()
class Bouncer implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>()
    visits.push(`bouncer at ${context.getHandler().name}`)
    if (headers['x-trouble'] === 'yes') throw new HttpException('too many', 429)
    return true
  }
}

const globals = [
  { provide: APP_INTERCEPTOR, useClass: UrlCache },
  { provide: APP_INTERCEPTOR, useClass: EmptyEnvelope },
  { provide: APP_PIPE, useClass: NothingPasses },
  { provide: APP_FILTER, useClass: EverythingIsFine },
  { provide: APP_GUARD, useClass: Bouncer },
  { provide: APP_GUARD, useExisting: JwtGuard },
]

describe.each(adapters)(
  'the ready-made routes on $name, in an app that wraps, caches and catches all',
  (adapter) => {
    let app: RunningApp

    const logIn = async (user: object = ada): Promise<Tokens> =>
      (await app.post(`${base}/login`, user)).body as Tokens

    beforeEach(async () => {
      app = await startVersioned(adapter, {}, globals)
      visits.length = 0
    })

    it('answer as they do without it', async () => {
      const login = await app.post(`${base}/login`, ada)
      expect(login).toMatchObject({
        status: 200,
        body: { access_token: expect.any(String), token_type: 'Bearer', refresh_token: expect.any(String) },
      })
      const { access_token: access, refresh_token: refresh } = login.body as Tokens
      expect(await app.post(`${base}/refresh`, { refresh_token: refresh })).toMatchObject({
        status: 200,
        body: { access_token: expect.any(String), refresh_token: expect.any(String) },
      })
      const sessions = await app.get(`${base}/sessions`, access)
      expect(sessions).toMatchObject({ status: 200, body: [{ current: true }] })
      const [{ id }] = sessions.body as [{ id: string }]
      expect(await app.delete(`${base}/sessions/${id}`, access)).toMatchObject({ status: 204, text: '' })
      expect(await app.post(`${base}/logout`, undefined, access)).toMatchObject({ status: 204, text: '' })
      expect(await app.post(`${base}/logout-all`, undefined, (await logIn()).access_token)).toMatchObject({
        status: 204,
        text: '',
      })
    })

    it('have no-store, whatever the result', async () => {
      const { access_token: access } = await logIn()
      const answers = [
        await app.post(`${base}/login`, ada),
        await app.post(`${base}/login`, { ...ada, password: 'no' }),
        await app.post(`${base}/login`, {}),
        await app.post(`${base}/refresh`, {}),
        await app.get(`${base}/sessions`, access),
        await app.get(`${base}/sessions`),
        await app.delete(`${base}/sessions/another`, access),
        await app.post(`${base}/logout`, undefined, access),
      ]

      expect(answers.map(({ status }) => status)).toEqual([200, 401, 400, 401, 200, 401, 404, 204])
      for (const { headers } of answers) expect(headers['cache-control']).toBe('no-store')
    })

    it('never show a user the sessions of another', async () => {
      const [mine, others] = [await logIn(), await logIn(ben)]
      const list = async (token: string) =>
        ((await app.get(`${base}/sessions`, token)).body as { id: string }[]).map(({ id }) => id)
      const [first, second, again] = [
        await list(mine.access_token),
        await list(others.access_token),
        await list(mine.access_token),
      ]

      expect(first).toHaveLength(1)
      expect(second).toHaveLength(1)
      expect(second).not.toEqual(first)
      expect(again).toEqual(first)
    })

    it('refuse in their own form, with the challenge', async () => {
      const { access_token: access } = await logIn()
      const cases: [Answer, number, string][] = [
        [await app.post(`${base}/login`, { ...ada, password: 'no' }), 401, 'credentials_invalid'],
        [await app.post(`${base}/login`, {}), 400, 'request_invalid'],
        [await app.post(`${base}/refresh`, { refresh_token: access }), 401, 'token_wrong_type'],
        [await app.post(`${base}/logout`, undefined, breakSignature(access)), 401, 'token_signature_invalid'],
        [await app.get(`${base}/sessions`), 401, 'token_missing'],
      ]

      for (const [answer, status, code] of cases) expect(answer).toMatchObject(refused(status, code))
      expect(challengeOf(cases.at(-1)![0])).toEqual({ scheme: 'Bearer', parameters: {} })
      const unknown = await app.delete(`${base}/sessions/another`, access)
      expect(unknown).toMatchObject({ status: 404, body: { statusCode: 404, error: 'Not Found' } })
    })

    it('pass the global guards of the app, and what those throw is the app’s', async () => {
      const headers: [string, string][] = [['X-Trouble', 'yes']]
      const turnedAway = await app.send({ method: 'POST', path: `${base}/login`, body: ada, headers })

      expect(turnedAway).toMatchObject({ status: 429, body: { ok: 'by the app' } })
      expect(visits).toEqual(['bouncer at login'])
      expect(await app.tokens.sessions('ada')).toEqual([])
    })
  },
)
