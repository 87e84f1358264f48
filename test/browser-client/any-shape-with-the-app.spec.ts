import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Catch, HttpException, type ArgumentsHost, type INestApplication } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { AuthErrorPresenter, type JwtAuthError } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { map, type Observable } from 'rxjs'
import { cookieApp } from '../cookies/app.js'
import { CookieJar } from '../cookies/cookie-jar.js'
import { ada } from '../endpoints/app.js'
import { adapters, startApp } from '../support/adapters.js'
import { browserFetch, json } from './browser-fetch.js'
import { resetPage, setModernPage } from './page.js'
import { closeTabs, openTab } from './tabs.js'

const wrapAnswers = {
  intercept: (_: unknown, next: { handle(): Observable<unknown> }) =>
    next.handle().pipe(map((data) => ({ success: true, data }))),
}

@Catch()
class EveryError {
  constructor(private readonly app: INestApplication) {}

  catch(error: unknown, host: ArgumentsHost) {
    const code = error instanceof HttpException ? error.getStatus() : 500
    const { httpAdapter } = this.app.get(HttpAdapterHost)
    httpAdapter.reply(host.switchToHttp().getResponse(), { success: false, error: { code } }, code)
  }
}

class ShortPresenter implements AuthErrorPresenter {
  present(error: JwtAuthError) {
    return { status: error.getStatus(), body: { msg: error.message } }
  }
}

class AlwaysOkPresenter implements AuthErrorPresenter {
  present(error: JwtAuthError) {
    return { status: 200, body: { code: error.errorCode } }
  }
}

type Presenter = new () => AuthErrorPresenter
const shapes: [name: string, configure: (app: INestApplication) => unknown, presenter?: Presenter][] = [
  ['wraps all answers', (app) => app.useGlobalInterceptors(wrapAnswers)],
  ['catches all errors', (app) => app.useGlobalFilters(new EveryError(app))],
  ['presents refusals in its own words', () => {}, ShortPresenter],
  ['answers 200 whatever happened', () => {}, AlwaysOkPresenter],
]

const modes = ['bearer', 'cookie'] as const

describe.each(adapters)('createAuthFetch on $name', (adapter) => {
  const clock = new FakeClock()
  let jar: CookieJar
  let asked: string[]
  let url: string

  beforeEach(() => {
    jar = new CookieJar(() => clock.now())
    asked = []
    setModernPage(() => jar.document(url))
  })

  afterEach(() => {
    closeTabs()
    resetPage()
  })

  const open = async (mode: (typeof modes)[number], [, configure, presenter]: (typeof shapes)[number]) => {
    const metadata = cookieApp({
      locations: [mode === 'bearer' ? 'header' : 'cookie'],
      ...(mode === 'cookie' && { cookies: { secure: false } }),
    })
    if (presenter) metadata.providers?.push({ provide: AuthErrorPresenter, useClass: presenter })
    const app = await startApp(adapter, metadata, { clock, configure })
    url = `http://127.0.0.1:${app.port}`
    return openTab({
      mode,
      refreshUrl: `${url}/auth/refresh`,
      fetch: browserFetch(jar, asked),
      readTokens: (body) => (body as { data?: object }).data,
      readError: (body) => (body as { code?: string }).code,
    })
  }

  describe.each(modes)('in %s mode', (mode) => {
    it.each(shapes)('works with an app that %s', async (...shape) => {
      const { authFetch, ends } = await open(mode, shape)
      const login = await authFetch(`${url}/auth/login`, json(ada))
      await authFetch.signedIn(await login.json())
      for (let round = 0; round < 2; round++) {
        clock.advance('20m')
        const answer = await authFetch(`${url}/me`)
        expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('ada')])
      }
      expect(asked.filter((path) => path === '/auth/refresh')).toHaveLength(2)
      expect(ends()).toBe(0)

      asked.splice(0)
      const refused = await authFetch(`${url}/auth/login`, json({ ...ada, password: 'a wrong one' }))
      expect(await refused.text()).not.toContain('ada')
      expect(asked).toEqual(['/auth/login'])

      clock.advance('60d')
      await authFetch(`${url}/me`)
      expect(ends()).toBe(1)
    })
  })
})
