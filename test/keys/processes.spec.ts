import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { SqlKeyStore } from '@nest-jwt-auth/sql'
import { ownPrefix } from '../redis/support/clients.js'
import { onPostgres, type Scratch } from '../sessions/sql/databases.js'
import { type AppProcess, startProcess } from '../support/app-process.js'
import { compileWithSwc } from '../support/compile-with-swc.js'
import { sendRequest } from '../support/http.js'
import { workspaceRoot } from '../support/run.js'
import { describeWith } from '../support/services.js'
import { kidOf } from './fleet.js'

const COUNT = 6
/** Milliseconds that a process may take to load before the common start. */
const LOADING = 4000

// Inside the workspace, so that it finds the packages as an app finds them: built.
const out = join(workspaceRoot, 'node_modules/.cache', `keys-app-${randomBytes(6).toString('hex')}`)
const running: AppProcess[] = []
/** When the clock of all processes began, which is faster than this one. */
const SINCE = String(Date.now())

beforeAll(() => compileWithSwc(fileURLToPath(new URL('app', import.meta.url)), out))
afterAll(async () => {
  await Promise.all(running.map(({ stop }) => stop()))
  await rm(out, { recursive: true, force: true })
})

async function start(env: Record<string, string>): Promise<AppProcess> {
  const app = await startProcess(join(out, 'main.js'), { ...env, SINCE })
  running.push(app)
  return app
}

const startAll = (env: Record<string, string>) => {
  const together = { ...env, START_AT: String(Date.now() + LOADING) }
  return Promise.all(Array.from({ length: COUNT }, () => start(together)))
}

async function post<T>({ port }: AppProcess, path: string, body: object = {}): Promise<T> {
  const { body: answer } = await sendRequest(port, { method: 'POST', path, body })
  return answer as T
}

const login = async (app: AppProcess) => (await post<{ token: string }>(app, '/login')).token

async function statusOf({ port }: AppProcess, token: string): Promise<number> {
  const headers: [string, string][] = [['Authorization', `Bearer ${token}`]]
  return (await sendRequest(port, { path: '/private', headers })).status
}

type Listed = { kid: string; state: string }[]
const keysOf = async ({ port }: AppProcess) => (await sendRequest(port, { path: '/keys' })).body as Listed

function describeProcesses(store: () => Promise<Record<string, string>>): void {
  let apps: AppProcess[]
  const secret = randomBytes(48).toString('base64')

  beforeAll(async () => {
    apps = await startAll({ ...(await store()), WRAP_SECRET: secret })
  })

  it('six processes that boot at the same moment make one key, and each verifies what another signed', async () => {
    const tokens = await Promise.all(apps.map(login))

    expect(new Set(tokens.map(kidOf)).size).toBe(1)
    expect(await keysOf(apps[0]!)).toMatchObject([{ kid: kidOf(tokens[0]!), state: 'signing' }])
    for (const app of apps) {
      for (const token of tokens) expect(await statusOf(app, token)).toBe(200)
    }
  })

  it('all of them rotate at the same moment: one key is announced', async () => {
    const next = await Promise.all(apps.map((app) => post<{ kid: string }>(app, '/rotate')))

    expect(new Set(next.map(({ kid }) => kid)).size).toBe(1)
    expect((await keysOf(apps[1]!)).map(({ state }) => state)).toEqual(['signing', 'announced'])
  })

  it('a key that is revoked in one of them is dead in all of them, and what replaces it is good', async () => {
    const token = await login(apps[0]!)
    expect(await post(apps[0]!, '/revoke', { kid: kidOf(token) })).toEqual({ revoked: true })

    const fresh = await login(apps[0]!)
    expect(kidOf(fresh)).not.toBe(kidOf(token))
    expect(await statusOf(apps[0]!, token)).toBe(401)
    // Each reads the store again by itself. That this takes less than 30 s is counted in revocation.spec.ts.
    for (const app of apps) {
      while ((await statusOf(app, token)) !== 401) await setTimeout(200)
    }
    for (const app of apps) expect(await statusOf(app, fresh)).toBe(200)
  })
}

describeWith('postgres', 'processes with a SqlKeyStore on PostgreSQL', (url) => {
  const secret = randomBytes(48).toString('base64')
  const scratches: Scratch[] = []
  const database = async () => {
    const scratch = await onPostgres(url)
    scratches.push(scratch)
    await new SqlKeyStore({ db: scratch.connect() }).migrate()
    return { STORE: 'postgres', STORE_URL: url, STORE_OPTIONS: scratch.options }
  }
  afterAll(async () => {
    await Promise.all(running.splice(0).map(({ stop }) => stop()))
    for (const scratch of scratches) await scratch.drop()
  })

  describeProcesses(database)

  describe('one of them is killed in the middle of a rotation', () => {
    it.each(['before', 'after'] as const)('%s the write: the others go on', async (deadly) => {
      const env = { ...(await database()), WRAP_SECRET: secret }
      const [victim, other] = await Promise.all([start(env), start(env)])
      const token = await login(victim)

      await expect(post(victim, '/rotate', { immediately: true, deadly })).rejects.toThrow()

      const states = (await keysOf(other)).map(({ state }) => state)
      expect(states).toEqual(deadly === 'before' ? ['signing'] : ['verifying', 'signing'])
      expect(await statusOf(other, token)).toBe(200)
      const { kid } = await post<{ kid: string }>(other, '/rotate', { immediately: true })
      const fresh = await login(other)
      expect(kidOf(fresh)).toBe(kid)
      expect(await statusOf(await start(env), fresh)).toBe(200)
    })
  })
})

describeWith('redis', 'processes with a RedisKeyStore', (url) => {
  describeProcesses(() => Promise.resolve({ STORE: 'redis', STORE_URL: url, STORE_OPTIONS: ownPrefix(url) }))
})
