import { beforeAll, describe, expect, it } from '@jest/globals'
import { type Answer, sendPatiently, sendRequest } from '../support/http.js'
import { CutLine } from '../support/cut-line.js'
import { refused } from '../support/refusals.js'
import { run } from '../support/run.js'
import { describeWith } from '../support/services.js'
import { appsOf } from './code-blocks.js'
import { starterMain, useCompiler, whileRunning } from './compiled-apps.js'
import { inFreshSchema } from './with-databases.js'

const JWT_SECRET = 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ'
const compiled = useCompiler()
const appOf = (page: string) => compiled(page, [starterMain, ...(appsOf(page).get('') ?? [])])

const ada = { username: 'ada', password: 'first-engine' }
const ben = { username: 'ben', password: 'second-engine' }

interface Tokens {
  access_token: string
  refresh_token: string
}
const tokensOf = ({ text }: Answer): Tokens => JSON.parse(text)
const bearer = (token: string): [string, string] => ['authorization', `Bearer ${token}`]

describe('docs/recipe-throttling.md', () => {
  let app: string
  beforeAll(async () => {
    app = await appOf('docs/recipe-throttling.md')
  })

  it.each(['/auth/login', '/login'])('limits %s for each account and each address', async (path) => {
    await whileRunning(app, { JWT_SECRET }, async (port) => {
      const logIn = (body: object) => sendRequest(port, { method: 'POST', path, body })
      for (let guess = 1; guess <= 5; guess++) {
        expect(await logIn({ ...ada, password: `guess-${guess}` })).toMatchObject(
          refused(401, 'credentials_invalid'),
        )
      }
      const throttled = await logIn({ ...ada, username: ' Ada' })
      expect(throttled).toMatchObject({
        status: 429,
        headers: { 'retry-after-account': expect.stringMatching(/^\d+$/) },
      })
      expect(await logIn(ben)).toMatchObject({ status: 200 })
      for (let user = 8; user <= 30; user++) {
        expect(await logIn({ ...ben, username: `user-${user}` })).toMatchObject({ status: 401 })
      }
      expect(await logIn(ben)).toMatchObject({
        status: 429,
        headers: { 'retry-after-address': expect.stringMatching(/^\d+$/) },
      })
    })
  })

  it('refuses a login of its own without a name, a password or both', async () => {
    await whileRunning(app, { JWT_SECRET }, async (port) => {
      for (const body of [undefined, {}, { username: 'eve' }, { username: 'ada' }, { password: '' }]) {
        const answer = await sendRequest(port, { method: 'POST', path: '/login', body })
        expect(answer).toMatchObject(refused(401, 'credentials_invalid'))
      }
    })
  })

  it('limits refreshes for the owner of a good token alone, and uses up no token', async () => {
    await whileRunning(app, { JWT_SECRET }, async (port) => {
      const post = (path: string, body: object) => sendRequest(port, { method: 'POST', path, body })
      const refresh = (refresh_token: string) => post('/auth/refresh', { refresh_token })
      const other = tokensOf(await post('/login', ben))
      let pair = tokensOf(await post('/login', ada))
      for (let round = 0; round < 5; round++) pair = tokensOf(await refresh(pair.refresh_token))
      expect(await refresh(pair.refresh_token)).toMatchObject({ status: 429 })
      expect(await refresh('forged')).toMatchObject(refused(401, 'token_malformed'))
      expect(await refresh(other.refresh_token)).toMatchObject({ status: 200 })
      const me = await sendRequest(port, { path: '/me', headers: [bearer(pair.access_token)] })
      expect(me).toMatchObject({ status: 200, body: { name: 'ada' } })
    })
  })
})

describe('docs/recipe-http-hardening.md', () => {
  let app: string
  beforeAll(async () => {
    app = await appOf('docs/recipe-http-hardening.md')
  })

  it.each(['express', 'fastify'])('does what the page says, on %s', async (ADAPTER) => {
    await whileRunning(app, { JWT_SECRET, ADAPTER }, async (port) => {
      const helmet = { 'x-content-type-options': 'nosniff', 'strict-transport-security': expect.anything() }
      const logIn = await sendRequest(port, { method: 'POST', path: '/api/v1/auth/login', body: ada })
      expect(logIn).toMatchObject({ status: 200, headers: helmet, body: { token_type: 'Bearer' } })
      const add = (body: object, token?: string) =>
        sendRequest(port, {
          method: 'POST',
          path: '/api/v1/items',
          body,
          headers: [['origin', 'https://app.example.com'], ...(token ? [bearer(token)] : [])],
        })
      const { access_token } = tokensOf(logIn)
      expect(await add({ name: 'Lamp' }, access_token)).toMatchObject({
        status: 201,
        body: { data: { name: 'Lamp', owner: 'ada' } },
      })
      expect(await add({ name: 5, more: true }, access_token)).toMatchObject({
        status: 400,
        body: { error: { message: expect.arrayContaining(['property more should not exist']) } },
      })
      const anonymous = await add({ name: 5 })
      expect(anonymous).toMatchObject(refused(401, 'token_missing'))
      expect(anonymous.headers).toMatchObject({
        ...helmet,
        'www-authenticate': expect.stringMatching(/^Bearer/),
        'access-control-allow-origin': 'https://app.example.com',
        'access-control-expose-headers': expect.stringMatching(/^WWW-Authenticate, ?Retry-After$/),
      })
      const preflight = await sendRequest(port, {
        method: 'OPTIONS',
        path: '/api/v1/items',
        headers: [
          ['origin', 'https://app.example.com'],
          ['access-control-request-method', 'POST'],
        ],
      })
      expect(preflight.status).toBe(204)
    })
  })
})

describeWith('postgres', 'docs/recipes.md', (url) => {
  it('an instance is ready while its store answers, and live in any case', async () => {
    const app = await appOf('docs/recipes.md')
    const line = new CutLine({ host: new URL(url).hostname, port: Number(new URL(url).port || 5432) })
    await line.join()
    await inFreshSchema(url, async (schemaUrl) => {
      const cuttable = new URL(schemaUrl)
      cuttable.hostname = '127.0.0.1'
      cuttable.port = String(line.port)
      await whileRunning(app, { JWT_SECRET, DATABASE_URL: cuttable.href }, async (port) => {
        const ready = { path: '/health/ready' }
        expect(await sendPatiently(port, ready)).toMatchObject({ status: 200, body: { status: 'ok' } })
        await line.cut()
        const out = await sendRequest(port, ready)
        expect(out).toMatchObject(refused(503, 'store_unavailable'))
        expect(out.headers).toHaveProperty('retry-after')
        expect(await sendRequest(port, { path: '/health/live' })).toMatchObject({ status: 200 })
        await line.join()
        expect(await sendPatiently(port, ready)).toMatchObject({ status: 200 })
      })
    })
    await line.cut()
  })
})

/** Calls the function as Lambda does, and prints its answers. The process must end by itself. */
const invocations = `
import { handler } from './dist/lambda.js'
import { openStore } from './dist/store.js'
import { Client } from 'pg'
const eventOf = (method, path, body, token) => ({
  version: '2.0', routeKey: '$default', rawPath: path, rawQueryString: '', isBase64Encoded: false,
  headers: { host: 'api.example.com', 'content-type': 'application/json', ...(token && { authorization: 'Bearer ' + token }) },
  requestContext: { http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' }, stage: '$default' },
  body: body && JSON.stringify(body),
})
const call = async (...args) => {
  const { statusCode, body } = await handler(eventOf(...args), { awsRequestId: 'r', callbackWaitsForEmptyEventLoop: true })
  return statusCode === 503 ? call(...args) : { statusCode, body: body && JSON.parse(body) }
}
const given = JSON.parse(process.env.TOKENS ?? 'null')
if (!given) await openStore().migrate()
const login = given ? undefined : await call('POST', '/auth/login', ${JSON.stringify(ada)})
const tokens = given ?? login.body
const answers = [
  await call('GET', '/me', undefined, tokens.access_token),
  await call('GET', '/me'),
  await call('POST', '/auth/refresh', { refresh_token: tokens.refresh_token }),
]
const client = new Client({ connectionString: process.env.DATABASE_URL })
await client.connect()
const { rows } = await client.query("select count(*)::int as count from pg_stat_activity where application_name = 'recipe-' || $1", [process.env.INSTANCE])
await client.end()
console.log(JSON.stringify({ answers, connections: rows[0].count }))
`

describeWith('postgres', 'docs/recipe-serverless.md', (url) => {
  it('keeps the app and its connection between events, shares sessions between instances, and ends', async () => {
    const app = await appOf('docs/recipe-serverless.md')
    await inFreshSchema(url, async (DATABASE_URL) => {
      const instance = async (INSTANCE: string, more: Record<string, string> = {}) => {
        const env = { JWT_SECRET, DATABASE_URL, INSTANCE, PGAPPNAME: `recipe-${INSTANCE}`, ...more }
        const printed = await run('node', ['--input-type=module', '--eval', invocations], app, env)
        return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '') as { answers: { body: object }[] }
      }
      const answers = [
        { statusCode: 200, body: { name: 'ada' } },
        { statusCode: 401, body: { errorCode: 'token_missing' } },
        { statusCode: 200, body: { token_type: 'Bearer' } },
      ]
      const first = await instance('1')
      expect(first).toMatchObject({ answers })
      // The pair that it was refreshed to: to use the old one again is theft, once a slow machine has started a process.
      const second = await instance('2', { TOKENS: JSON.stringify(first.answers[2]?.body) })
      // That of the app, for all events, and the one that counts.
      expect(second).toMatchObject({ answers, connections: 2 })
    })
  })
})
