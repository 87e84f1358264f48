import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { INestApplication } from '@nestjs/common'
import { Client } from 'pg'
import { createClient } from 'redis'
import { createApp } from '../../sample-app/src/create-app.js'
import { removeKeys } from '../../sample-app/src/demo/scratch.js'
import { readSettings } from '../../sample-app/src/settings.js'
import { RunningApp } from '../support/adapters.js'
import { copyEmptyDatabase } from '../support/empty-database.js'

export type Environment = Record<string, string>

/** Where one spec file keeps its shop: never the developer's own data folder or schema. */
export interface Home {
  readonly env: Environment
  readonly remove: () => Promise<void>
}

/** An embedded database that is empty. */
export async function embedded(): Promise<Home> {
  const home = await newFolder()
  await copyEmptyDatabase(join(home.env['DATA_DIR'], 'database'))
  return home
}

/** A data folder that does not exist yet: the first start makes it. */
export async function newFolder(): Promise<Home & { env: { DATA_DIR: string } }> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-test-'))
  return {
    env: { DATA_DIR: join(folder, 'data'), DATABASE_URL: '' },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** An empty schema on the server at `url`. */
export async function onServer(url: string): Promise<Home> {
  const schema = `shop_test_${randomBytes(6).toString('hex')}`
  const { env, remove } = await newFolder()
  await query(url, `create schema ${schema}`)
  const inSchema = new URL(url)
  inSchema.searchParams.set('options', `-c search_path=${schema}`)
  return {
    env: { ...env, DATABASE_URL: inSchema.href },
    remove: async () => {
      await query(url, `drop schema ${schema} cascade`)
      await remove()
    },
  }
}

/**
 * For what is the same on every database: a server where there is one. An embedded database takes seconds at each
 * start.
 */
export function onAnyDatabase(): Promise<Home> {
  const server = process.env['TEST_DATABASE_URL']
  return server === undefined ? embedded() : onServer(server)
}

/** Sessions on the Redis at `url`, under a prefix of their own; the rest in a database. */
export async function onRedis(url: string): Promise<Home> {
  const { env, remove } = await onAnyDatabase()
  const prefix = `shop_test_${randomBytes(6).toString('hex')}:`
  return {
    env: { ...env, REDIS_URL: url, REDIS_PREFIX: prefix },
    remove: async () => {
      await removeKeys(prefix, url)
      await remove()
    },
  }
}

/** The rows of one statement on the server at `url`. */
export async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<object>(statement)
    return rows
  } finally {
    await client.end()
  }
}

/** The keys on the Redis at `url` that begin with `prefix`. */
export async function redisKeys(url: string, prefix: string): Promise<string[]> {
  const client = await createClient({ url }).connect()
  try {
    return await client.keys(`${prefix}*`)
  } finally {
    client.destroy()
  }
}

/** The sample app, listening on a free port of the loopback interface. */
export class Shop extends RunningApp {
  static async open(env: Environment): Promise<Shop> {
    const app: INestApplication = await createApp(readSettings(env))
    await app.listen(0, '127.0.0.1')
    return new Shop(app, Number(new URL(await app.getUrl()).port))
  }

  close(): Promise<void> {
    return this.nest.close()
  }

  async signIn(user: { username: string; password: string }): Promise<string> {
    const { username, password } = user
    const { body } = await this.post('/auth/login', { username, password })
    return String(Object(body).access_token)
  }

  /** The items as `token`'s owner sees them. */
  async items(token?: string): Promise<{ id: number; name: string; mine?: boolean }[]> {
    const { text } = await this.get('/items', token)
    return JSON.parse(text)
  }
}
