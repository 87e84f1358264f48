import { createTestTokens } from '@nest-jwt-auth/core/testing'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { ada } from '../endpoints/app.js'
import { adapters } from '../support/adapters.js'
import type { Answer } from '../support/http.js'
import { codesAt, type Documented, operationAt, operationsOf, startDocumented } from './documents.js'
import { richApp } from './rich-app.js'

const modes = [
  { mode: 'bearer tokens', settings: {} },
  { mode: 'cookies', settings: { locations: ['cookie' as const] } },
]

type Headers = [name: string, value: string][]

describe.each(adapters)('what a document says on $name', (adapter) => {
  describe.each(modes)('with $mode', ({ mode, settings }) => {
    let app: Documented
    let origin: Headers
    beforeAll(async () => {
      app = await startDocumented(adapter, richApp(settings))
      origin = [['origin', `http://127.0.0.1:${app.port}`]]
    })
    const usesCookies = mode === 'cookies'
    const login = () => app.send({ method: 'POST', path: '/auth/login', headers: origin, body: ada })
    const cookiesOf = ({ headers }: Answer) =>
      (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; ')

    /** What the document says of the location, with a token in it. */
    const withToken = (security: object[] | undefined, token: string): Headers => {
      const [name = ''] = Object.keys(security?.[0] ?? {})
      const scheme = app.document.components?.securitySchemes?.[name] as { in?: string; name?: string }
      return scheme?.in === 'cookie'
        ? [['cookie', `${scheme.name}=${token}`]]
        : [['authorization', `Bearer ${token}`]]
    }

    it('is what requests without a token, with a bad one and with a good one get', async () => {
      const tokens = createTestTokens(app.nest)
      const [good, wrongKey, expired, nobody] = await Promise.all([
        tokens.accessToken('ada', { claims: { scope: 'items:read' } }),
        tokens.wrongKey('ada'),
        tokens.expired('ada'),
        tokens.accessToken('nobody'),
      ])
      let count = 0
      for (const [name, operation] of operationsOf(app.document)) {
        const [method = '', template = ''] = name.split(' ')
        if (template.includes('/auth/') || ['SEARCH', 'HEAD', 'QUERY'].includes(method)) continue
        const path = template.replaceAll(/\{[^}]*\}/g, 'x')
        const body = operation.requestBody && { name: 'Tea pot' }
        const send = (headers: Headers) => app.send({ method, path, headers: [...headers, ...origin], body })
        const isLocked = operation.security?.some((one) => Object.keys(one).length > 0)
        const isNeeded = isLocked && operation.security?.every((one) => Object.keys(one).length > 0)
        const isOurs = JSON.stringify(operation.security).match(/api-key|ApiKeyGuard|query/) === null

        const none = await send([])
        if (isOurs) expect([name, none.status === 401]).toEqual([name, isNeeded === true])
        const answers = [none]
        for (const token of [good, wrongKey, expired, nobody]) {
          answers.push(await send(withToken(operation.security, token)))
        }
        if (isLocked && isOurs) expect([name, answers[2]?.status]).toEqual([name, 401])
        for (const { status, body } of answers.filter((answer) => answer.status >= 400)) {
          const code = String(Object(body).errorCode)
          expect([name, code, codesAt(operation, status)]).toEqual([
            name,
            code,
            expect.arrayContaining([code]),
          ])
          count++
        }
      }
      expect(count).toBeGreaterThan(40)
    })

    it('is how to log in, list the sessions, refresh and log out', async () => {
      const at = (name: string) => operationAt(app.document, name)
      const { requestBody, responses } = at('POST /auth/login')
      expect(requestBody?.content['application/json']?.schema).toMatchObject({
        required: ['username', 'password'],
      })
      expect(responses['200']?.headers !== undefined).toBe(usesCookies)

      const answer = await login()
      const { access_token: access = '', refresh_token: refresh } = Object(answer.body)
      const sessions = at('GET /auth/sessions')
      const headers = usesCookies
        ? ([['cookie', cookiesOf(answer)], ...origin] satisfies Headers)
        : withToken(sessions.security, access)
      const listed = await app.send({ path: '/auth/sessions', headers })
      expect(listed).toMatchObject({ status: 200, body: [{ current: true }] })

      const { example } = at('POST /auth/refresh').requestBody?.content['application/json'] ?? {}
      expect(example).toEqual(usesCookies ? {} : { refresh_token: expect.any(String) })
      const body = usesCookies ? example : { refresh_token: refresh }
      const renewed = await app.send({ method: 'POST', path: '/auth/refresh', headers, body })
      expect(renewed.status).toBe(200)

      const [{ id }] = listed.body as [{ id: string }]
      const last = usesCookies
        ? ([['cookie', cookiesOf(renewed)], ...origin] satisfies Headers)
        : withToken(sessions.security, String(Object(renewed.body).access_token))
      const unknown = await app.send({ method: 'DELETE', path: '/auth/sessions/none', headers: last })
      expect(Object.keys(at('DELETE /auth/sessions/{id}').responses)).toContain(String(unknown.status))
      expect(unknown.status).toBe(404)
      const ended = await app.send({ method: 'DELETE', path: `/auth/sessions/${id}`, headers: last })
      expect(ended.status).toBe(204)
    })

    it('is what bad logins, refreshes and logouts are refused with', async () => {
      const send = (path: string, body: unknown, headers = origin) =>
        app.send({ method: 'POST', path, headers, body })
      const elsewhere: Headers = [['origin', 'https://evil.example.com']]
      const answers: [path: string, answer: Answer][] = [
        ['/auth/login', await send('/auth/login', {})],
        ['/auth/login', await send('/auth/login', { ...ada, password: 'wrong' })],
        ['/auth/login', await send('/auth/login', ada, elsewhere)],
        ['/auth/refresh', await send('/auth/refresh', {})],
        ['/auth/refresh', await send('/auth/refresh', { refresh_token: 'a.b.c' })],
        ['/auth/refresh', await send('/auth/refresh', { refresh_token: 'a.b.c' }, elsewhere)],
        ['/auth/logout', await send('/auth/logout', {})],
        ['/auth/logout', await send('/auth/logout', { access_token: 'a.b.c' })],
      ]
      for (const [path, { status, body }] of answers) {
        const { responses } = operationAt(app.document, `POST ${path}`)
        expect(Object.keys(responses)).toContain(String(status))
        if (status >= 400) {
          expect(codesAt(operationAt(app.document, `POST ${path}`), status)).toContain(Object(body).errorCode)
        }
      }
    })
  })
})
