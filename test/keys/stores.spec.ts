import { afterAll, describe, expect, it } from '@jest/globals'
import type { PGlite } from '@electric-sql/pglite'
import { InMemoryKeyStore, JwtAuthConfigError, type KeyStore } from '@nest-jwt-auth/core'
import { describeKeyStore, keyStoreCases } from '@nest-jwt-auth/core/testing'
import { RedisKeyStore } from '@nest-jwt-auth/redis'
import { SqlKeyStore } from '@nest-jwt-auth/sql'
import { onMysql, onPglite, onPostgres, onSqlite, type Scratch } from '../sessions/sql/databases.js'
import { connect, connectCluster, ownPrefix } from '../redis/support/clients.js'
import { command, startClusterWithReplicas } from '../redis/support/redis-cluster.js'
import { RedisServer } from '../redis/support/redis-server.js'
import { openEmptyDatabase } from '../support/empty-database.js'
import { describeWith } from '../support/services.js'
import { startInstance } from './fleet.js'

const runner = { describe, it }

/** `count`: how many instances have a connection of their own. */
function describeSql(name: string, make: () => Promise<Scratch>, count = 2): void {
  let scratch: Promise<Scratch> | undefined
  const stores: SqlKeyStore[] = []
  let calls = 0
  describeKeyStore(
    name,
    async () => {
      const at = calls++ % count
      const store = (stores[at] ??= new SqlKeyStore({ db: (await (scratch ??= make())).connect() }))
      await store.migrate()
      return store
    },
    runner,
  )
  afterAll(async () => (await scratch)?.drop())
}

const shared = new InMemoryKeyStore()
describeKeyStore('InMemoryKeyStore', () => shared, runner)

describeSql('SqlKeyStore on SQLite', onSqlite, 1)

describe('SqlKeyStore on PGlite', () => {
  let lite: PGlite | undefined
  describeSql('keeps what a store promises', async () => onPglite((lite ??= await openEmptyDatabase())), 1)
  afterAll(() => lite?.close())
})

describeWith('postgres', 'SqlKeyStore on PostgreSQL', (url) => {
  describeSql('keeps what a store promises', () => onPostgres(url))
  describeSql('where the default isolation is serializable', () =>
    onPostgres(url, { default_transaction_isolation: 'serializable' }),
  )

  it('without its table it says what to call, and the app does not start', async () => {
    const scratch = await onPostgres(url)
    const store = new SqlKeyStore({ db: scratch.connect() })
    await expect(store.read()).rejects.toThrow(/SqlKeyStore.*Call `await store\.migrate\(\)`/s)
    const boot = startInstance(store)
    await expect(boot).rejects.toThrow(/^keyStore: The app does not start/)
    await expect(boot).rejects.toMatchObject({ cause: { message: expect.stringContaining('migrate()') } })
    await scratch.drop()
  })
})

describeWith('mysql', 'SqlKeyStore on MySQL and MariaDB', (url) => {
  describeSql('keeps what a store promises', () => onMysql(url))
})

describeWith('redis', 'RedisKeyStore', (url) => {
  const prefix = ownPrefix(url)
  describeKeyStore(
    'on a client',
    async () => new RedisKeyStore({ client: await connect(url), prefix }),
    runner,
  )
})

describeWith('redis-server', 'RedisKeyStore with servers of its own', (_path) => {
  let started: ReturnType<typeof startClusterWithReplicas> | undefined
  describeKeyStore(
    'on a cluster whose client reads from replicas',
    async () => {
      const { primaries } = await (started ??= startClusterWithReplicas())
      const urls = primaries.map(({ url }) => url)
      return new RedisKeyStore({ client: await connectCluster(urls, { useReplicas: true }) })
    },
    runner,
  )

  it('a primary that was made a replica is not believed, and takes no new keys', async () => {
    const [server, other] = [await RedisServer.start(), await RedisServer.start()]
    const client = await connect(server.url)
    const document = { version: 1, data: '{}' }
    await new RedisKeyStore({ client }).replace({ document, replaces: undefined })
    // Of one that is not there, so it keeps what it has and answers with it.
    await other.kill()
    await command(server, 'REPLICAOF', '127.0.0.1', String(other.port))
    for (const replaces of [1, undefined]) {
      const store = new RedisKeyStore({ client })
      await expect(store.replace({ document: { ...document, version: 2 }, replaces })).rejects.toThrow(
        'READONLY',
      )
    }
    await expect(new RedisKeyStore({ client }).read()).rejects.toThrow('READONLY')
    await command(server, 'REPLICAOF', 'NO', 'ONE')
    expect(await new RedisKeyStore({ client }).read()).toEqual(document)
  })

  it('in production refuses a Redis that may drop the keys', async () => {
    const server = await RedisServer.start('--maxmemory-policy', 'allkeys-lru')
    const store = new RedisKeyStore({ client: await connect(server.url) })
    const usual = process.env['NODE_ENV']
    process.env['NODE_ENV'] = 'production'
    const boot = startInstance(store, { refreshToken: false })
    await expect(boot)
      .rejects.toThrow(JwtAuthConfigError)
      .finally(() => (process.env['NODE_ENV'] = usual))
    await expect(boot).rejects.toThrow(/keyStore.*allkeys-lru.*drops keys.*noeviction/s)
  })
})

describe('keyStoreCases', () => {
  const broken: Record<string, () => KeyStore> = {
    'writes whatever the version is': () =>
      new (class extends InMemoryKeyStore {
        override async replace(input: Parameters<KeyStore['replace']>[0]) {
          await super.replace({ ...input, replaces: (await this.read())?.version })
          return true
        }
      })(),
    'takes any document where it has none': () =>
      new (class extends InMemoryKeyStore {
        override async replace({ document, replaces }: Parameters<KeyStore['replace']>[0]) {
          return super.replace({ document, replaces: (await this.read()) && replaces })
        }
      })(),
    'yields between the comparison and the write': () =>
      new (class extends InMemoryKeyStore {
        override async replace({ document, replaces }: Parameters<KeyStore['replace']>[0]) {
          if ((await this.read())?.version !== replaces) return false
          return super.replace({ document, replaces: (await this.read())?.version })
        }
      })(),
    'trims the data': () =>
      new (class extends InMemoryKeyStore {
        override async replace({ document, replaces }: Parameters<KeyStore['replace']>[0]) {
          return super.replace({ document: { ...document, data: document.data.trim() }, replaces })
        }
      })(),
    'keeps the first document for ever': () =>
      new (class extends InMemoryKeyStore {
        override async replace(input: Parameters<KeyStore['replace']>[0]) {
          return input.replaces === undefined && (await super.replace(input))
        }
      })(),
  }

  it.each(Object.entries(broken))('find a store that %s', async (_, create) => {
    const store = create()
    const outcomes = await Promise.allSettled(
      keyStoreCases(() => store).map(async ({ run }, at, all) => {
        for (const earlier of all.slice(0, at)) await earlier.run().catch(() => undefined)
        await run()
      }),
    )
    expect(outcomes.map(({ status }) => status)).toContain('rejected')
  })
})
