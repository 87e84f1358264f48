import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { RedisServer } from '../../redis/support/redis-server.js'
import { PostgresServer } from '../../sessions/races/postgres-server.js'
import { ServerClock } from './set-clock.js'

/** A server of the test's own, which all processes share. */
export interface Server {
  readonly name: string
  readonly store: 'redis' | 'postgres'
  readonly port: number
  /** Whether a crash loses all that the server has. */
  readonly isForgetful: boolean
  urlAt(port: number): string
  /** It holds its connections and answers nothing, until `resume`. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Without warning, as a power failure does. */
  crash(): Promise<void>
  launch(): Promise<void>
  /** Where the server does not go by the machine's clock: sets its own so many seconds ahead. */
  setClock?(ahead: number): Promise<void>
}

/** The servers of a run. */
export interface OwnServers {
  readonly all: readonly Server[]
  remove(): Promise<void>
}

/** `bin`: where the programs of PostgreSQL are. `withClock`: also a PostgreSQL whose clock can be set, if that is possible. */
export async function startServers(bin: string, withClock: boolean): Promise<OwnServers> {
  const clock = withClock ? await ServerClock.create() : undefined
  const databases = await Promise.all([
    startPostgres(bin),
    ...(clock === undefined ? [] : [startPostgres(bin, clock)]),
  ])
  const redis = await Promise.all([startRedis(false), startRedis(true)])
  return {
    all: [...redis, ...databases],
    remove: async () => {
      await Promise.all(databases.map((database) => database.remove()))
      await clock?.remove()
    },
  }
}

async function startRedis(isForgetful: boolean): Promise<Server> {
  const settings = isForgetful ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', 'always']
  const redis = await RedisServer.start(...settings)
  return {
    name: isForgetful ? 'redis without persistence' : 'redis',
    store: 'redis',
    port: redis.port,
    isForgetful,
    urlAt: (port) => `redis://127.0.0.1:${port}`,
    pause: async () => redis.pause(),
    resume: async () => redis.resume(),
    crash: () => redis.kill(),
    launch: () => redis.launch(),
  }
}

async function startPostgres(
  bin: string,
  clock?: ServerClock,
): Promise<Server & { remove(): Promise<void> }> {
  const postgres = await PostgresServer.create(bin, clock?.env)
  const pool = new Pool({ connectionString: postgres.url })
  await new SqlSessionStore({ db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }) }).migrate()
  await pool.end()
  const url = new URL(postgres.url)
  return {
    name: 'postgresql',
    store: 'postgres',
    port: Number(url.port),
    isForgetful: false,
    urlAt: (port) => Object.assign(new URL(url), { port }).href,
    pause: () => postgres.freeze(),
    resume: () => postgres.thaw(),
    crash: () => postgres.crash(),
    launch: () => postgres.start(),
    ...(clock && { setClock: (ahead: number) => clock.set(ahead) }),
    remove: () => postgres.remove(),
  }
}
