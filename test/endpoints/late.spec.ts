import { type CanActivate, type ExecutionContext, UseGuards } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, type LoginCredentials, TokenService } from '@nest-jwt-auth/core'
import { adapters, type RunningApp, startApp } from '../support/adapters.js'
import type { Answer } from '../support/http.js'
import { logs } from '../support/logs.js'
import { ada, authApp, Doorman, everyRoute } from './app.js'

const modes: [name: string, locations: ('header' | 'cookie')[]][] = [
  ['tokens in the body', ['header']],
  ['cookies', ['cookie', 'header']],
]

describe.each(adapters)(
  'a ready-made route on $name that is answered by a time-out of the app',
  (adapter) => {
    describe.each(modes)('with %s', (_, locations) => {
      let app: RunningApp

      /** Answers, as a time-out would while the route is still waiting. */
      const timeOut = (context: ExecutionContext): true => {
        const response = context.switchToHttp().getResponse<unknown>()
        app.nest.getHttpAdapter().reply(response, { timedOut: true }, 503)
        return true
      }
      const guard = UseGuards({ canActivate: timeOut } satisfies CanActivate)

      const doorman = new Doorman()
      const slowDoorman = {
        authenticate: (credentials: LoginCredentials, context: ExecutionContext) => {
          timeOut(context)
          return doorman.authenticate(credentials)
        },
      }

      beforeAll(async () => {
        const early = [guard]
        const decorators = {
          refresh: early,
          logout: early,
          logoutAll: early,
          sessions: early,
          endSession: early,
        }
        const endpoints = { authenticator: { useValue: slowDoorman }, ...everyRoute, decorators }
        const settings = { sessionStore: InMemorySessionStore, locations, endpoints }
        app = await startApp(adapter, authApp(settings))
      })

      beforeEach(() => {
        logs.clear()
      })

      const send = (method: string, path: string, body?: object, token?: string): Promise<Answer> =>
        app.send({
          method,
          path,
          ...(body && { body }),
          headers: [
            ['sec-fetch-site', 'same-origin'],
            ...(token ? [['authorization', `Bearer ${token}`] as [string, string]] : []),
          ],
        })

      const expectTimeOut = (answer: Answer): void => {
        expect(answer).toMatchObject({ status: 503, body: { timedOut: true } })
        expect(answer.headers['set-cookie']).toBeUndefined()
        expect(logs.text('error')).toBe('')
        expect(logs.text('warn')).toBe('')
      }

      it.each([ada.password, 'wrong'])('leaves the login as it is (%s)', async (password) => {
        expectTimeOut(await send('POST', '/auth/login', { ...ada, password }))
      })

      it.each<[method: string, path: string]>([
        ['POST', '/auth/refresh'],
        ['POST', '/auth/logout'],
        ['POST', '/auth/logout-all'],
        ['GET', '/auth/sessions'],
        ['DELETE', '/auth/sessions/none'],
      ])('leaves %s %s as it is', async (method, path) => {
        const pair = await app.nest.get(TokenService).issue('ada')
        const body = path === '/auth/refresh' ? { refresh_token: pair.refresh_token } : undefined

        expectTimeOut(await send(method, path, body, pair.access_token))
      })
    })
  },
)
