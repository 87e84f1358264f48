import { expect } from '@jest/globals'
import { Client } from 'pg'
import { createClient } from 'redis'
import { cutWhileWaiting } from '../support/cut-while-waiting.js'
import { sendPatiently, sendRequest } from '../support/http.js'
import { serviceAt } from '../support/services.js'
import { Wire } from '../support/wire.js'
import type { Sources } from './code-blocks.js'
import { ada, expectSessions } from './task-pages.js'

type Work = (env: Record<string, string>) => Promise<void>

/** Runs `work` with the URL of a schema of its own. */
export async function inFreshSchema(url: string, work: (schemaUrl: string) => Promise<void>): Promise<void> {
  const schema = `docs_${process.pid}`
  const admin = new Client({ connectionString: url })
  await admin.connect()
  try {
    await admin.query(`create schema ${schema}`)
    const inside = new URL(url)
    inside.searchParams.set('options', `-c search_path=${schema}`)
    await work(inside.href)
  } finally {
    await admin.query(`drop schema if exists ${schema} cascade`)
    await admin.end()
  }
}

let wire: Wire

/** Runs `work` with a database, in which the store must have kept a session. */
export function withPostgres(work: Work): Promise<void> {
  return inFreshSchema(serviceAt('postgres'), async (DATABASE_URL) => {
    wire = await Wire.to(DATABASE_URL)
    try {
      await work({ DATABASE_URL: wire.through })
    } finally {
      await wire.cut()
    }
    const client = new Client({ connectionString: DATABASE_URL })
    await client.connect()
    const { rowCount } = await client.query('select from jwt_auth_sessions')
    await client.end()
    expect(rowCount).toBeGreaterThan(0)
  })
}

/** What `expectSessions` says, and that the app lives on when the connection of a query that runs is cut. */
export async function expectSessionsOnPostgres(port: number): Promise<void> {
  await expectSessions(port)
  const login = { method: 'POST', path: '/auth/login', body: ada }
  const cut = await cutWhileWaiting({ wire, table: 'jwt_auth_sessions' }, () => sendRequest(port, login))
  expect(cut).toMatchObject({
    status: 503,
    body: { errorCode: 'store_unavailable' },
  })
  await wire.mend()
  expect(await sendPatiently(port, login)).toMatchObject({ status: 200 })
}

/** Runs `work` with a Redis, in which the store must have kept its keys. */
export async function withRedis(work: Work): Promise<void> {
  const REDIS_URL = serviceAt('redis')
  const client = createClient({ url: REDIS_URL })
  await client.connect()
  try {
    await work({ REDIS_URL })
    const keys = await client.keys('shop:*')
    expect(keys).not.toEqual([])
    await client.del(keys)
  } finally {
    client.destroy()
  }
}

/** In the place of what `prisma generate` writes: asks its adapter, the real one, as the generated client does. */
export const generatedPrismaClient: Sources[number] = [
  'src/generated/client.ts',
  `import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'

export class PrismaClient {
  constructor(private readonly options: { adapter: SqlDriverAdapterFactory }) {}

  async onModuleInit() {
    const adapter = await this.options.adapter.connect()
    const { rows } = await adapter.queryRaw({ sql: 'select 1 as one', args: [], argTypes: [] })
    if (JSON.stringify(rows) !== '[[1]]') throw new Error('The adapter did not reach the database.')
  }

  async $disconnect() {}
}
`,
]
