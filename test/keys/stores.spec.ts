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
  type Replace = Parameters<KeyStore['replace']>[0]

  /** The promises that the store breaks, checked one after the other. */
  async function brokenBy(store: KeyStore): Promise<string[]> {
    const names: string[] = []
    for (const { name, run } of keyStoreCases(() => store)) await run().catch(() => names.push(name))
    return names
  }

  it.each<[what: string, promise: string, Store: new () => KeyStore]>([
    [
      'writes whatever the version is',
      'replace: only the document with that version',
      class extends InMemoryKeyStore {
        override async replace(input: Replace) {
          return super.replace({ ...input, replaces: (await this.read())?.version })
        }
      },
    ],
    [
      'takes any document where it has none',
      'replace: where no document is there, or it was lost, nothing but a first one is kept',
      class extends InMemoryKeyStore {
        override async replace({ document, replaces }: Replace) {
          return super.replace({ document, replaces: (await this.read()) && replaces })
        }
      },
    ],
    [
      'yields between the comparison and the write',
      'race: of many instances that replace the same version exactly one does',
      class extends InMemoryKeyStore {
        override async replace({ document, replaces }: Replace) {
          if ((await this.read())?.version !== replaces) return false
          while (!(await super.replace({ document, replaces: (await this.read())?.version })));
          return true
        }
      },
    ],
    [
      'tells who has won a race, and keeps what another one has written',
      'race: of many instances that replace the same version exactly one does',
      class extends InMemoryKeyStore {
        override async replace({ document, replaces }: Replace) {
          const isDone = await super.replace({ document, replaces })
          const hasLost = !isDone && (await this.read())?.version === document.version
          if (hasLost) await super.replace({ document, replaces: document.version })
          return isDone
        }
      },
    ],
    [
      'tells nobody that they have won',
      'read: what was written',
      class extends InMemoryKeyStore {
        override async replace(input: Replace) {
          await super.replace(input)
          return false
        }
      },
    ],
    [
      'trims the data',
      'read: data comes back as it was: long, with quotes, spaces at its ends, and everything that JSON escapes',
      class extends InMemoryKeyStore {
        override async replace({ document, replaces }: Replace) {
          return super.replace({ document: { ...document, data: document.data.trim() }, replaces })
        }
      },
    ],
    [
      'keeps the first document for ever',
      'read: what was written',
      class extends InMemoryKeyStore {
        override async replace(input: Replace) {
          return input.replaces === undefined && (await super.replace(input))
        }
      },
    ],
    [
      'keeps the first of many documents and tells two that theirs is kept',
      'replace: of many first documents at the same time one is kept',
      class extends InMemoryKeyStore {
        private calls = 0
        override async replace(input: Replace) {
          const isSecond = input.replaces === undefined && ++this.calls === 2
          return (await super.replace(input)) || isSecond
        }
      },
    ],
  ])('find a store that %s', async (_, promise, Store) => {
    expect(await brokenBy(new Store())).toContain(promise)
  })

  it('find a store that does not immediately show what another instance has written', async () => {
    const shared = new InMemoryKeyStore()
    const late: KeyStore = {
      read: async () => undefined,
      replace: (input) => shared.replace(input),
    }
    const stores = [shared, late]
    const broken: string[] = []
    let calls = 0
    for (const { name, run } of keyStoreCases(() => stores[calls++ % 2]!)) {
      await run().catch(() => broken.push(name))
    }
    expect(broken).toContain('read: another instance sees a document as soon as it is written')
  })

  it('find nothing in a store that keeps its promises', async () => {
    expect(await brokenBy(new InMemoryKeyStore())).toEqual([])
  })
})
