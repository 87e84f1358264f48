import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import type { AppProcess } from '../../support/app-process.js'
import { sendRequest } from '../../support/http.js'
import { describeWith } from '../../support/services.js'
import { CompiledApp, logIn } from './compiled-app.js'
import { type Call, Device, Load } from './load.js'
import { PostgresServer } from './postgres-server.js'

const DEVICES = 16
/** Milliseconds: what the app is set to, and what it may take until all is normal again. */
const TIMEOUT = 1000
const RECOVERY = 5000
/** A request that needs the store waits for the machine several times where a public one waits once. */
const WAITS = 10

const outages = [
  {
    name: 'is stopped and started',
    begin: (server: PostgresServer) => server.stop(),
    end: (server: PostgresServer) => server.start(),
  },
  {
    name: 'crashes, and recovers',
    begin: (server: PostgresServer) => server.crash(),
    end: (server: PostgresServer) => server.start(),
  },
  {
    name: 'hangs, and goes on',
    begin: (server: PostgresServer) => server.freeze(),
    end: (server: PostgresServer) => server.thaw(),
  },
]

const isWell = ({ status }: Call) => status === 200
const isPublic = ({ what }: Call) => what === 'public'
const needsStore = (call: Call) => !isPublic(call)
const everything = () => true
const duration = ({ began, ended }: Call) => ended - began

describeWith('postgres-server', 'an app under load whose PostgreSQL goes away', (bin) => {
  let server: PostgresServer
  let built: CompiledApp
  let app: AppProcess
  let devices: Device[]

  beforeAll(async () => {
    ;[server, built] = await Promise.all([PostgresServer.create(bin), CompiledApp.build()])
    const db = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: new Pool({ connectionString: server.url }) }),
    })
    await new SqlSessionStore({ db }).migrate()
    await db.destroy()
    app = await built.start({ DATABASE_URL: server.url, SESSIONS_TIMEOUT: `${TIMEOUT}ms` })
    const names = Array.from({ length: DEVICES }, (_, index) => `user-${index}`)
    devices = await Promise.all(names.map(async (name) => new Device(name, await logIn(app.port, name))))
  })

  afterAll(async () => {
    await built.remove()
    await server.remove()
  })

  it.each(outages)(
    'that $name: 503 in time for what needs it, then normal again, and no session is lost',
    async ({ begin, end }) => {
      const load = new Load(app.port, devices)
      expect(await load.until(10 * DEVICES, everything)).toEqual(
        expect.arrayContaining([expect.objectContaining({ status: 200 })]),
      )

      await begin(server)
      const during = await load.until(6 * DEVICES, needsStore)
      const publicDuring = load.calls.filter(
        (call) => isPublic(call) && call.began >= (during[0]?.began ?? 0),
      )
      await end(server)
      const back = performance.now()
      for (const what of ['check', 'refresh', 'login'] as const) {
        await load.until(DEVICES, (call) => call.what === what && isWell(call))
      }
      await load.untilAll((call) => call.began > back && needsStore(call) && isWell(call))
      await load.stop()

      expect(new Set(during.map(({ status }) => status))).toEqual(new Set([503]))
      for (const { retryAfter, text } of during) {
        expect(retryAfter).toMatch(/^[1-9]\d*$/)
        expect(JSON.parse(text)).toMatchObject({ statusCode: 503, errorCode: 'store_unavailable' })
      }
      expect(publicDuring.length).toBeGreaterThan(0)
      expect(publicDuring.every(isWell)).toBe(true)
      const noise = Math.max(...load.calls.filter(isPublic).map(duration))
      expect(Math.max(...load.calls.map(duration))).toBeLessThan(2 * TIMEOUT + WAITS * noise)

      const refused = load.calls.filter((call) => needsStore(call) && !isWell(call))
      expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]))
      for (const device of devices) {
        const own = load.calls.filter((call) => call.device === device && call.began > back)
        const first = own.find((call) => needsStore(call) && isWell(call))
        expect((first?.ended ?? Infinity) - back).toBeLessThan(RECOVERY + WAITS * noise)
      }

      for (const { subject, tokens } of devices) {
        const headers: [string, string][] = [['Authorization', `Bearer ${tokens.access_token}`]]
        const answer = await sendRequest(app.port, { path: '/me', headers })
        expect(answer).toMatchObject({ status: 200, body: { subject } })
      }
      expect(app.output()).not.toMatch(/unhandled/i)
    },
  )
})
