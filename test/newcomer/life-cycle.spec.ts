import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { scryptSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { packAll, type Tarball } from '../packaging/tarball.js'
import { startProcess } from '../support/app-process.js'
import { cutWhileWaiting } from '../support/cut-while-waiting.js'
import { type Request, sendPatiently, sendRequest } from '../support/http.js'
import { runCommand } from '../support/run.js'
import { describeWith } from '../support/services.js'
import { Wire } from '../support/wire.js'
import { connectTypeorm, type Store, writeAuthenticator } from './by-hand.js'
import { installTarball, makeStarter, type StarterKind, useFastify } from './starter.js'

const apps: (StarterKind & { adapter: 'express' | 'fastify'; store: Store })[] = [
  { nest: 12, modules: 'esm', adapter: 'fastify', store: 'typeorm' },
  { nest: 11, modules: 'cjs', adapter: 'express', store: 'kysely' },
]

describeWith('postgres', 'the full life cycle in a new app, on its database', (server) => {
  const name = `newcomer_${process.pid}`
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href
  let outside: string
  let tarballs: Map<string, Tarball>

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'newcomer-'))
    tarballs = await packAll(['core', 'sql'], outside)
    await query(server, `create database ${name}`)
    await query(url, 'create table users (name text primary key, salt text, hash text)')
    await query(url, "insert into users values ('ada', 'salt', $1)", [
      scryptSync('correct horse', 'salt', 32).toString('hex'),
    ])
  })

  afterAll(async () => {
    await query(server, `drop database if exists ${name} with (force)`)
    await rm(outside, { recursive: true, force: true })
  })

  it.each(apps)('takes at most 25 lines on Nest $nest, $modules, $store', async (kind) => {
    const folder = join(outside, `nest-${kind.nest}`)
    await makeStarter(kind, folder)
    if (kind.adapter === 'fastify') await useFastify(folder)
    for (const [name, { path }] of tarballs) await installTarball(folder, `@nest-jwt-auth/${name}`, path)
    let lines = 0
    if (kind.store === 'typeorm') lines += await connectTypeorm(folder)
    const options = ['--skip-install', `--store=${kind.store}`]
    await runCommand('nest', ['add', '@nest-jwt-auth/core', ...options], folder)
    lines += await writeAuthenticator(folder, kind.store)
    expect(lines).toBeLessThanOrEqual(25)
    await runCommand('nest', ['build'], folder)
    const wire = await Wire.to(url)
    const app = await startProcess(join(folder, 'dist/main.js'), { DATABASE_URL: wire.through }, folder)
    try {
      await expectLifeCycle(app.port, () => query(url, 'select id from jwt_auth_sessions'))
      const login = post('login', ada)
      const cut = await cutWhileWaiting({ wire, table: 'jwt_auth_sessions' }, () =>
        sendRequest(app.port, login),
      )
      expect(cut.status).toBe(503)
      await wire.mend()
      expect((await sendPatiently(app.port, login)).status).toBe(200)
      await query(url, 'truncate jwt_auth_sessions')
    } finally {
      await app.stop()
      await wire.cut()
    }
  })
})

const ada = { username: 'ada', password: 'correct horse' }

function post(path: string, body: object): Request {
  return { method: 'POST', path: `/auth/${path}`, body }
}

async function expectLifeCycle(port: number, sessions: () => Promise<unknown[]>): Promise<void> {
  const send = (path: string, body: object) => sendPatiently(port, post(path, body))
  const me = (token: string) =>
    sendPatiently(port, { path: '/auth/me', headers: [['authorization', `Bearer ${token}`]] })

  expect((await send('login', { ...ada, password: 'wrong horse' })).status).toBe(401)
  const login = (await send('login', ada)).body as Pair
  expect((await me(login.access_token)).body).toEqual({ id: 'ada' })
  expect(await sessions()).not.toEqual([])
  const { refresh_token, access_token } = (await send('refresh', login)).body as Pair
  expect((await me(access_token)).status).toBe(200)
  expect((await send('logout', { refresh_token })).status).toBe(204)
  expect((await me(access_token)).status).toBe(401)
  expect((await send('refresh', { refresh_token })).status).toBe(401)
}

interface Pair {
  access_token: string
  refresh_token: string
}

async function query(url: string, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}
