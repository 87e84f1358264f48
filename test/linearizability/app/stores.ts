import type { SessionStore } from '@nest-jwt-auth/core'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { Kysely, PostgresDialect } from 'kysely'
import { Client, Pool } from 'pg'
import { createClient } from 'redis'
import type { AppSettings } from './messages.js'

/** A store on connections of its own, which `close` ends without waiting for anything. */
export interface OpenStore {
  readonly store: SessionStore
  close(): void
}

/** Connections are tried again soon, since histories are short. */
const SOON = 20

export function openStore(settings: AppSettings, url: string): OpenStore {
  return settings.store === 'redis' ? openRedis(settings, url) : openPostgres(settings, url)
}

function openRedis({ isWatched }: AppSettings, url: string): OpenStore {
  const socket = { reconnectStrategy: () => SOON }
  const client = isWatched
    ? createClient({ url, socket, RESP: 3, clientSideCache: {} })
    : createClient({ url, socket })
  client.on('error', () => undefined)
  client.connect().catch(() => undefined)
  return { store: new RedisSessionStore({ client }), close: () => client.destroy() }
}

function openPostgres({ isWatched, timeout }: AppSettings, connectionString: string): OpenStore {
  const limits = { connectionTimeoutMillis: 2 * timeout, query_timeout: 2 * timeout }
  const pool = new Pool({ connectionString, max: 6, ...limits })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  const listenWith = isWatched ? () => new Client({ connectionString }) : undefined
  return {
    store: new SqlSessionStore({ db, listenWith }),
    close: () => void pool.end().catch(() => undefined),
  }
}
