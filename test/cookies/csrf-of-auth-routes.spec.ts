import { beforeAll, describe, expect, it } from '@jest/globals'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { adapters, type Adapter, type RunningApp } from '../support/adapters.js'
import { refused } from '../support/refusals.js'
import { ada, ben } from '../endpoints/app.js'
import { startCookies } from './app.js'
import { jws } from './token-cookies.js'

const csrfFailed = refused(403, 'csrf_failed')

describe.each(adapters)('login, refresh and logout in cookie mode on $name', (adapter) => {
  const trusted = 'https://app.example'
  let app: RunningApp

  beforeAll(async () => {
    app = await startCookies(adapter, {
      locations: ['cookie', 'header'],
      csrf: { trustedOrigins: [trusted] },
    })
  })

  it.each(['/auth/login', '/auth/refresh', '/auth/logout'])(
    '%s is refused from elsewhere, whatever it carries',
    async (path) => {
      const pair = await app.tokens.issue('ada')
      const own = `http://127.0.0.1:${app.port}`
      const attempt = (headers: [string, string][]) =>
        app.send({
          method: 'POST',
          path,
          body: { ...ada, refresh_token: pair.refreshToken },
          headers: [['Authorization', `Bearer ${pair.accessToken}`], ...headers],
        })

      for (const headers of [
        [],
        [['Origin', 'https://evil.example']],
        [['Origin', 'null']],
        [['Origin', `${own}.evil.example`]],
        [['Origin', own.replace('http:', 'https:')]],
        [['Origin', 'http://127.0.0.1']],
        [['Sec-Fetch-Site', 'cross-site']],
        [['Sec-Fetch-Site', 'same-site']],
        [
          ['Sec-Fetch-Site', 'cross-site'],
          ['Origin', own],
        ],
        [
          ['Sec-Fetch-Site', ''],
          ['Sec-Fetch-Site', 'same-origin'],
        ],
        [
          ['Origin', ''],
          ['Origin', own],
        ],
        [
          ['Origin', ''],
          ['Origin', trusted],
        ],
      ] satisfies [string, string][][]) {
        const answer = await attempt(headers)
        expect(answer).toMatchObject(csrfFailed)
        expect(answer.headers['set-cookie']).toBeUndefined()
        expect(answer.headers['www-authenticate']).toBeUndefined()
        expect(answer.headers['cache-control']).toBe('no-store')
      }
      expect(await app.tokens.verify(pair.accessToken)).toMatchObject({ kind: 'access' })

      expect((await attempt([['Origin', trusted]])).status).toBeLessThan(300)
    },
  )

  it.each([
    [['Sec-Fetch-Site', 'same-origin']],
    [['Sec-Fetch-Site', 'none']],
    [
      ['Origin', trusted],
      ['Sec-Fetch-Site', 'cross-site'],
    ],
  ] satisfies [string, string][][])('a login is let through with %j', async (...headers) => {
    const answer = await app.send({ method: 'POST', path: '/auth/login', body: ben, headers })
    expect(answer.status).toBe(200)
  })

  it('ask nothing of the kind where tokens travel in the header alone', async () => {
    const plain = await startCookies(adapter, { locations: ['header'] })
    const answer = await plain.send({
      method: 'POST',
      path: '/auth/login',
      body: ada,
      headers: [['Sec-Fetch-Site', 'cross-site']],
    })

    expect(answer).toMatchObject({ status: 200, body: { access_token: expect.stringMatching(jws) } })
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(await plain.post('/auth/logout', {})).toMatchObject(refused(401, 'token_missing'))
  })
})

/** The adapters as they are set up behind a proxy. */
const trusting: Adapter[] = [
  {
    name: 'express',
    create: () => {
      const express = new ExpressAdapter()
      express.set('trust proxy', 'loopback')
      return express
    },
  },
  { name: 'fastify', create: () => new FastifyAdapter({ trustProxy: '127.0.0.1' }) },
]

describe.each(
  adapters.map((adapter, at) => ({ name: adapter.name, adapter, behindProxy: trusting[at] ?? adapter })),
)('the origin of the app itself on $name', ({ adapter, behindProxy }) => {
  const login = async (origin: string, proto: string, host: string, how = behindProxy) => {
    const app = await startCookies(how)
    const headers: [string, string][] = [
      ['Origin', origin],
      ['X-Forwarded-Proto', proto],
      ['X-Forwarded-Host', host],
    ]
    return app.send({ method: 'POST', path: '/auth/login', body: ada, headers })
  }

  it('is what a trusted proxy says, and only a trusted one', async () => {
    const said = ['https://shop.example', 'https', 'shop.example'] as const
    expect((await login(...said)).status).toBe(200)
    expect(await login(...said, adapter)).toMatchObject(csrfFailed)
  })

  it('is written as browsers write it', async () => {
    expect((await login('https://shop.example', 'https', 'Shop.example:443')).status).toBe(200)
    expect((await login('https://shop.example:8443', 'https', 'shop.example:8443')).status).toBe(200)
    expect(await login('https://shop.example', 'https', 'shop.example:8443')).toMatchObject(csrfFailed)
    expect(await login('https://shop.example', 'http', 'shop.example')).toMatchObject(csrfFailed)
  })

  it('is none for a scheme of no web page, so that "null" never equals it', async () => {
    expect(await login('null', 'app', 'shop.example')).toMatchObject(csrfFailed)
    expect(await login('app://shop.example', 'app', 'shop.example')).toMatchObject(csrfFailed)
    expect(await login('null', 'https', 'not a host')).toMatchObject(csrfFailed)
  })
})
