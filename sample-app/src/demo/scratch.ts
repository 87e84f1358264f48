import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { createClient } from 'redis'

/** Where one run of the shop keeps its data, and how to remove it. */
export interface Scratch {
  readonly env: NodeJS.ProcessEnv
  readonly clear: () => Promise<void>
}

/** A new data folder. On a database server also a new schema, and on Redis a new prefix. */
export async function scratch({ DATABASE_URL, REDIS_URL, ...env }: NodeJS.ProcessEnv): Promise<Scratch> {
  const name = `shop_demo_${randomBytes(6).toString('hex')}`
  const places = [await folder()]
  if (DATABASE_URL) places.push(await schema(name, DATABASE_URL))
  if (REDIS_URL) places.push(keys(`${name}:`, REDIS_URL))
  const fresh = {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: '0',
    KEY_WRAP_SECRET: '',
    AUTH_MODE: 'bearer',
  }
  return {
    env: Object.assign(env, fresh, ...places.map((place) => place.env)),
    clear: async () => {
      for (const { clear } of places) await clear()
    },
  }
}

async function folder(): Promise<Scratch> {
  const dataDir = await mkdtemp(join(tmpdir(), 'shop-demo-'))
  return { env: { DATA_DIR: dataDir }, clear: () => rm(dataDir, { recursive: true, force: true }) }
}

async function schema(name: string, server: string): Promise<Scratch> {
  const url = new URL(server)
  url.searchParams.set('options', `-c search_path=${name}`)
  await run(server, `create schema ${name}`)
  return { env: { DATABASE_URL: url.href }, clear: () => run(server, `drop schema ${name} cascade`) }
}

async function run(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server, connectionTimeoutMillis: 5000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function keys(prefix: string, server: string): Scratch {
  return { env: { REDIS_URL: server, REDIS_PREFIX: prefix }, clear: () => removeKeys(prefix, server) }
}

/** Removes all keys that begin with `prefix`. */
export async function removeKeys(prefix: string, server: string): Promise<void> {
  const client = createClient({ url: server, socket: { reconnectStrategy: false } })
  client.on('error', () => {}) // the pending command is rejected too
  await client.connect()
  try {
    for await (const found of client.scanIterator({ MATCH: `${prefix}*` })) {
      if (found.length > 0) await client.unlink(found)
    }
  } finally {
    client.destroy()
  }
}
