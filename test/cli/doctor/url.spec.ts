import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { Controller, Get, Header, type INestApplication, Module, UseGuards } from '@nestjs/common'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { ExpressAdapter } from '@nestjs/platform-express'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import helmet from 'helmet'
import { startApp } from '../../support/adapters.js'
import { newTls } from '../../support/certificate.js'
import { SECRET } from '../../support/forge.js'
import { freePort } from '../../support/free-port.js'
import { appSource, type Run, useDoctor } from './fixture.js'
import { type FrontOptions, startFront } from './front.js'

const { environment, makeApp, run, runInWords } = useDoctor()

const HOST = 'api.example'

const tls = newTls(HOST)
const folder = mkdtempSync(join(tmpdir(), 'nest-jwt-auth-ca-'))
writeFileSync(join(folder, 'ca.pem'), tls.cert)
environment['NODE_EXTRA_CA_CERTS'] = join(folder, 'ca.pem')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The options that doctor is to see in the built app. */
const options = (more = '') => `
  secret: '${SECRET}', locations: ['header', 'cookie'], endpoints: { refresh: true, logout: true }, refreshToken: {},
  sessionStore: { useFactory: () => Object.assign(new InMemorySessionStore(), { report: async () => ({ system: 'Test', evicts: false, isDurable: true }) }) },
  ${more}`

/** Runs a line of `main.ts`. */
const runLine = (line: string, app: NestExpressApplication) => runInNewContext(line, { app, helmet })

type Configure = (app: NestExpressApplication) => void

const trusting: Configure = (app) => app.set('trust proxy', 1)
const healthy: Configure = (app) => {
  trusting(app)
  app.use(helmet())
}

/** The app that runs, which is the built one. Its cache header is that of its guarded route. */
async function startRunning(configure: Configure, cacheControl = 'private, no-cache', more: object = {}) {
  @Controller('items')
  class ItemsController {
    @Get('mine') @UseGuards(JwtGuard) @Header('Cache-Control', cacheControl) mine() {
      return []
    }
  }
  @Module({ controllers: [ItemsController] })
  class Items {}
  const auth = JwtAuthModule.forRoot({
    secret: SECRET,
    locations: ['header', 'cookie'],
    endpoints: { refresh: true, logout: true },
    sessionStore: InMemorySessionStore,
    ...more,
  })
  return startApp(
    { name: 'express', create: () => new ExpressAdapter() },
    { imports: [auth, Items] },
    {
      configure: (app: INestApplication) => configure(app as NestExpressApplication),
    },
  )
}

let built: string
let running: Awaited<ReturnType<typeof startRunning>>

beforeAll(async () => {
  built = await makeApp(appSource({ options: options() }))
  running = await startRunning(healthy)
})

const secure: FrontOptions = { tls }

interface Served {
  port?: number
  front?: FrontOptions
  protocol?: 'http' | 'https'
  host?: string
  app?: string
  args?: string[]
  env?: Record<string, string>
}

/** Examines the running app behind a front of these settings, beside the built app. */
async function examineAt({
  port = running.port,
  front = secure,
  protocol = 'https',
  host = HOST,
  app = built,
  args = [],
  env = {},
}: Served): Promise<Run> {
  const url = `${protocol}://${host}:${await startFront(port, front)}`
  return run(app, ['--app', 'dist/app.module.js', '--url', url, ...args], env)
}

const builtWith = (more: string) => makeApp(appSource({ options: options(more) }))

describe('doctor at a healthy address', () => {
  it('finds nothing, with a token of the app', async () => {
    const token = await running.tokens.issueAccessToken('ada')
    const found = await examineAt({ args: ['--token-env', 'ACCESS_TOKEN'], env: { ACCESS_TOKEN: token } })
    expect(found).toMatchObject({ code: 0, findings: [], err: '' })
    expect(found.out).not.toContain(token)
    expect(found.notChecked.map(({ what }) => what).join()).not.toMatch(/CSRF|Cache-Control|running/)
  })

  it('follows it from http to https', async () => {
    const port = await startFront(running.port, secure)
    const redirect = await startFront(0, {
      answer: (_request, response) =>
        Boolean(response.writeHead(301, { location: `https://${HOST}:${port}/` }).end()),
    })
    expect(
      await run(built, ['--app', 'dist/app.module.js', '--url', `http://${HOST}:${redirect}`]),
    ).toMatchObject({ code: 0, findings: [] })
  })

  it('sends its token to no other host, wherever the address redirects', async () => {
    const seen: unknown[] = []
    const elsewhere = await startFront(running.port, {
      ...secure,
      answer: ({ headers }) => {
        seen.push(headers.authorization)
        return false
      },
    })
    const redirect = await startFront(0, {
      answer: (_request, response) =>
        Boolean(response.writeHead(302, { location: `https://${HOST}:${elsewhere}/` }).end()),
    })
    const token = await running.tokens.issueAccessToken('ada')
    const args = ['--url', `http://127.0.0.1:${redirect}`, '--token-env', 'ACCESS_TOKEN']
    await run(built, args, { ACCESS_TOKEN: token })
    expect(seen).toEqual([])
  })

  it('does without the built app, and says so', async () => {
    const port = await startFront(running.port, secure)
    const found = await run(built, ['--url', `https://${HOST}:${port}`])
    expect(found).toMatchObject({ code: 0, findings: [] })
    expect(found.notChecked[0]).toEqual({
      what: expect.stringContaining('the app itself'),
      because: expect.stringContaining('--app'),
    })
  })
})

describe('doctor at an address that only looks faulty', () => {
  it('takes CORS without credentials for no danger', async () => {
    const { port } = await startRunning(configured('app.enableCors({ origin: true })'))
    expect(await examineAt({ port })).toMatchObject({ code: 0, findings: [] })
  })

  it('takes the date of an answer from a cache for no clock', async () => {
    const toClient: FrontOptions['toClient'] = (headers) => ({
      ...headers,
      date: 'Wed, 21 Oct 2015 07:28:00 GMT',
      age: '60',
    })
    const found = await examineAt({ front: { tls, toClient } })
    expect(found).toMatchObject({ code: 0, findings: [] })
    expect(found.notChecked).toContainEqual({
      what: 'the clock of the app',
      because: 'its answer has no Date header of its own',
    })
  })

  it('lets a route with an optional token answer without one', async () => {
    const app = await makeApp(
      appSource({
        options: options(),
        code: "import { OptionalAuth } from '@nest-jwt-auth/core'",
        handlers: '@Get("maybe") @UseGuards(JwtGuard) @OptionalAuth() maybe() {}',
      }),
    )
    const asked: unknown[] = []
    const front: FrontOptions = {
      tls,
      answer: ({ url }, response) => {
        asked.push(url)
        return url === '/items/maybe' && Boolean(response.end('[]'))
      },
    }
    expect(await examineAt({ app, front })).toMatchObject({ code: 0, findings: [] })
    expect(asked).toContain('/items/mine')
  })

  it('waits for no end of a stream', async () => {
    const app = await makeApp(
      appSource({
        options: options(),
        code: "import { Sse } from '@nestjs/common'",
        handlers: '@Sse("live") @UseGuards(JwtGuard) live() {}',
      }),
    )
    const front: FrontOptions = {
      tls,
      answer: ({ url, headers }, response) => {
        if (url !== '/items/live') return false
        if (headers.authorization === undefined) return Boolean(response.writeHead(401).end())
        return response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n')
      },
    }
    const token = await running.tokens.issueAccessToken('ada')
    const found = await examineAt({
      app,
      front,
      args: ['--token-env', 'ACCESS_TOKEN'],
      env: { ACCESS_TOKEN: token },
    })
    expect(found).toMatchObject({ code: 0, findings: [] })
    expect(found.notChecked.map(({ what }) => what)).not.toContain('the guarded routes')
  })
})

describe('doctor at an address that cannot be reached', () => {
  it('finds what nobody listens on', async () => {
    const found = await run(built, ['--url', `http://127.0.0.1:${await freePort()}`])
    expect(found).toMatchObject({ code: 1, codes: ['url_unreachable'] })
    expect(found.findings[0]?.what).toContain('ECONNREFUSED')
  })

  it('waits no longer than --timeout for an answer', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    const found = await run(built, ['--url', `http://127.0.0.1:${port}`, '--timeout', '1'])
    silent.close()
    expect(found).toMatchObject({ code: 1, codes: ['url_unreachable'] })
    expect(found.findings[0]?.what).toContain('within 1 seconds')
  })

  it.each([
    { fault: 'nobody vouches for', tls: newTls(HOST), host: HOST },
    { fault: 'is for another host', tls, host: 'other.example' },
  ])('finds a certificate that $fault', async ({ tls, host }) => {
    const found = await examineAt({ front: { tls }, host })
    expect(found).toMatchObject({ code: 1 })
    expect(found.codes).toContain('certificate_invalid')
    expect(found.findings[0]?.fix.write).toMatch(`openssl s_client -connect ${host}:`)
  })
})

/** What is wrong with how the app is served, and how it is served once the line of the finding is written. */
interface ServedFault {
  code: string
  more?: string[]
  faulty: () => Promise<Served>
  mended: (write: string) => Promise<Served>
}

const withHeader = (name: string, value: string): FrontOptions => ({
  tls,
  toClient: (headers) => ({ ...headers, [name]: value }),
})

const configured =
  (line: string): Configure =>
  (app) => {
    healthy(app)
    runLine(line, app)
  }

/** A path that begins like that of a cookie, and is not below it. */
const ELSEWHERE = "endpoints: { path: 'authentication', refresh: true, logout: true },"

const servedFaults: ServedFault[] = [
  {
    code: 'served_over_http',
    more: ['cookie_secure_over_http'],
    faulty: async () => ({ front: {}, protocol: 'http' }),
    mended: async () => ({}),
  },
  {
    code: 'hsts_missing',
    faulty: async () => ({ port: (await startRunning(trusting)).port }),
    mended: async (write) => ({
      port: (await startRunning((app) => (trusting(app), runLine(write, app)))).port,
    }),
  },
  {
    code: 'csrf_own_origin_refused',
    faulty: async () => ({ port: (await startRunning((app) => app.use(helmet()))).port }),
    mended: async (write) => ({
      port: (await startRunning((app) => (app.use(helmet()), runLine(write, app)))).port,
    }),
  },
  {
    code: 'csrf_foreign_origin_accepted',
    faulty: async () => ({
      front: {
        tls,
        toApp: ({ 'sec-fetch-site': _site, ...headers }) => ({
          ...headers,
          origin: `https://${headers.host}`,
        }),
      },
    }),
    mended: async (write) => ({
      front: {
        tls,
        // What the lines for nginx say.
        toApp: (headers) =>
          write.includes('$http_origin') && write.includes('$http_sec_fetch_site')
            ? headers
            : { ...headers, origin: undefined },
      },
    }),
  },
  {
    code: 'cors_any_origin',
    faulty: async () => ({
      port: (await startRunning(configured('app.enableCors({ origin: true, credentials: true })'))).port,
    }),
    mended: async (write) => ({ port: (await startRunning(configured(write))).port }),
  },
  {
    code: 'guarded_route_answers',
    faulty: async () => ({
      front: { tls, answer: ({ url }, response) => url === '/items/mine' && Boolean(response.end('[]')) },
    }),
    mended: async () => ({}),
  },
  {
    code: 'clock_differs',
    faulty: async () => ({ front: withHeader('date', 'Wed, 21 Oct 2015 07:28:00 GMT') }),
    mended: async () => ({}),
  },
  {
    code: 'cookie_not_secure',
    faulty: async () => ({ app: await builtWith('cookies: { secure: false },') }),
    mended: async (write) => ({ app: await builtWith(`cookies: { ${write} },`) }),
  },
  {
    code: 'cookie_domain_mismatch',
    faulty: async () => ({ app: await builtWith("cookies: { domain: 'shop.example' },") }),
    mended: async () => ({ app: await builtWith('') }),
  },
  {
    code: 'cookie_path_mismatch',
    faulty: async () => ({ app: await builtWith("cookies: { refreshToken: { path: '/login' } },") }),
    mended: async (write) => ({ app: await builtWith(`cookies: { refreshToken: { ${write} } },`) }),
  },
  {
    code: 'cookie_path_mismatch',
    faulty: async () => ({ app: await builtWith("cookies: { accessToken: { path: '/api' } },") }),
    mended: async (write) => ({ app: await builtWith(`cookies: { accessToken: { ${write} } },`) }),
  },
  {
    code: 'cookie_path_mismatch',
    faulty: async () => ({
      app: await builtWith(`${ELSEWHERE} cookies: { refreshToken: { path: '/auth' } },`),
    }),
    mended: async (write) => ({
      app: await builtWith(`${ELSEWHERE} cookies: { refreshToken: { ${write} } },`),
    }),
  },
  {
    code: 'trusted_origin_local',
    more: ['trusted_origin_without_cors'],
    faulty: async () => ({ app: await builtWith("csrf: { trustedOrigins: ['http://localhost:5173'] },") }),
    mended: async (write) => ({
      app: await builtWith(
        `csrf: { trustedOrigins: [${write}] },`.replace('process.env.NODE_ENV', "'production'"),
      ),
    }),
  },
  {
    code: 'trusted_origin_without_cors',
    faulty: async () => ({ app: await builtWith("csrf: { trustedOrigins: ['https://app.example'] },") }),
    mended: async (write) => ({
      app: await builtWith("csrf: { trustedOrigins: ['https://app.example'] },"),
      port: (await startRunning(configured(write))).port,
    }),
  },
  {
    code: 'trusted_origin_without_cors',
    faulty: async () => ({
      app: await builtWith("csrf: { trustedOrigins: ['https://app.example'] },"),
      port: (await startRunning(configured("app.enableCors({ origin: ['https://app.example'] })"))).port,
    }),
    mended: async (write) => ({
      app: await builtWith("csrf: { trustedOrigins: ['https://app.example'] },"),
      port: (await startRunning(configured(write))).port,
    }),
  },
]

describe('doctor at an address with a fault', () => {
  it.each(servedFaults)(
    'finds $code, and no longer once its line is written',
    async ({ code, more = [], faulty, mended }) => {
      const found = await examineAt(await faulty())
      expect(found.codes).toEqual([code, ...more])
      const write = found.findings[0]?.fix.write ?? ''
      expect(write).toMatch(/./)
      expect(await examineAt(await mended(write))).toMatchObject({ code: 0, codes: [] })
    },
  )

  it('finds an answer that a shared cache may keep, with a token in either place', async () => {
    for (const locations of [['header'], ['cookie']]) {
      const open = await startRunning(healthy, 'public, max-age=60', { locations })
      const token = await open.tokens.issueAccessToken('ada')
      const withToken = { args: ['--token-env', 'ACCESS_TOKEN'], env: { ACCESS_TOKEN: token } }
      const found = await examineAt({ port: open.port, ...withToken })
      expect(found.codes).toContain('guarded_answer_public')
      expect(found.out).not.toContain(token)
      expect((await examineAt({ port: open.port })).notChecked).toContainEqual({
        what: 'the Cache-Control of guarded answers',
        because: expect.stringContaining('--token-env'),
      })
      expect(found.findings.find(({ code }) => code === 'guarded_answer_public')?.fix.write).toBe(
        "@Header('Cache-Control', 'private, no-cache')",
      )
    }
  })

  it('lets no answer write to the terminal', async () => {
    const front = withHeader('cache-control', 'public, max-age=60, \u009B31m')
    const found = await examineAt({ front })
    expect(found.findings[0]).toMatchObject({
      code: 'guarded_answer_public',
      what: expect.stringContaining('\u009B31m'),
    })
    expect(found.out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)

    const url = `https://${HOST}:${await startFront(running.port, front)}`
    const inWords = await runInWords(built, ['--app', 'dist/app.module.js', '--url', url])
    expect(inWords).toContain(String.raw`\u009b31m`)
    expect(inWords).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  })

  it('sends the token to nobody over http', async () => {
    const sent: string[] = []
    const front: FrontOptions = {
      answer: ({ headers }) => {
        sent.push(headers.authorization ?? '', headers.cookie ?? '')
        return false
      },
    }
    const found = await examineAt({
      front,
      protocol: 'http',
      args: ['--token-env', 'ACCESS_TOKEN'],
      env: { ACCESS_TOKEN: 'a.b.c' },
    })
    expect(sent.length).toBeGreaterThan(2)
    expect(sent.join('')).toBe('')
    expect(found.notChecked).toContainEqual(
      expect.objectContaining({ because: 'the token is not sent over http' }),
    )
  })

  it('notes Secure cookies on localhost, which some browsers drop', async () => {
    const found = await examineAt({ front: {}, protocol: 'http', host: 'localhost' })
    expect(found).toMatchObject({ code: 0, codes: ['cookie_secure_on_loopback'] })
  })

  it('looks below the path of the address', async () => {
    const front: FrontOptions = {
      tls,
      answer: (request, response) => {
        if (request.url?.startsWith('/v2/') !== true && request.url !== '/v2')
          return Boolean(response.writeHead(404).end())
        request.url = request.url.slice(3) || '/'
        return false
      },
    }
    const url = `https://${HOST}:${await startFront(running.port, front)}/v2`
    const app = await builtWith("cookies: { refreshToken: { path: '/auth' } },")
    const found = await run(app, ['--app', 'dist/app.module.js', '--url', url])
    expect(found.codes).toEqual(['cookie_path_mismatch'])
    expect(found.findings[0]?.what).toContain('/v2/auth/refresh')
    expect(found.notChecked.map(({ what }) => what).join()).not.toContain('CSRF')
  })
})

describe('doctor and other issuers', () => {
  it('finds one that does not answer, and one whose clock differs', async () => {
    const keys = await startFront(0, {
      answer: (_request, response) =>
        Boolean(response.writeHead(200, { date: 'Wed, 21 Oct 2015 07:28:00 GMT' }).end('{}')),
    })
    const issuer = (name: string, port: number) =>
      `{ issuer: 'https://${name}.example', jwksUrl: 'http://127.0.0.1:${port}/keys', algorithms: ['ES256'], audience: 'api' },`
    const app = await makeApp(
      appSource({
        options: options(
          `issuer: 'https://own.example', issuers: [${issuer('late', keys)} ${issuer('away', await freePort())}],`,
        ),
      }),
    )
    const { findings } = await run(app, [])
    expect(findings.map(({ code, at }) => `${code} ${at}`).toSorted()).toEqual([
      'clock_differs https://late.example',
      'issuer_unreachable https://away.example',
    ])
  })
})
