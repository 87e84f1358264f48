import { describe } from '@jest/globals'
import { drizzle } from 'drizzle-orm/node-postgres'
import knex from 'knex'
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import { type Client, Pool } from 'pg'
import { DataSource } from 'typeorm'
import { describeWith } from '../../support/services.js'
import { type AnyTables, onPostgres, type Scratch } from './databases.js'
import { describePromises } from './describe-sql-store.js'

interface AppPool {
  pool: PostgresPool
  close(): Promise<unknown>
}

/** A schema of its own that the store only reaches through the pool that `open` gives. */
async function through(
  url: string,
  open: (url: string, options: string) => Promise<AppPool>,
): Promise<Scratch> {
  const schema = await onPostgres(url)
  const app = await open(url, schema.options)
  const db = new Kysely<AnyTables>({ dialect: new PostgresDialect({ pool: app.pool }) })
  return {
    connect: () => db,
    drop: async () => {
      await app.close()
      await schema.drop()
    },
  }
}

async function ofTypeOrm(url: string, options: string): Promise<AppPool> {
  const dataSource = new DataSource({ type: 'postgres', url, extra: { options } })
  await dataSource.initialize()
  const { master } = dataSource.driver as unknown as { master: PostgresPool }
  return { pool: master, close: () => dataSource.destroy() }
}

async function ofDrizzle(url: string, options: string): Promise<AppPool> {
  const { $client } = drizzle({ connection: { connectionString: url, options } })
  return { pool: $client, close: () => $client.end() }
}

async function ofOwnPool(url: string, options: string): Promise<AppPool> {
  const pool = new Pool({ connectionString: url, options })
  return { pool, close: () => pool.end() }
}

interface KnexClient {
  acquireConnection(): Promise<Client>
  releaseConnection(client: Client): Promise<void>
}

async function ofKnex(url: string, options: string): Promise<AppPool> {
  const app = knex({ client: 'pg', connection: { connectionString: url, options } })
  const appClient = app.client as KnexClient
  const pool = {
    async connect() {
      const client = await appClient.acquireConnection()
      return {
        query: (text: string, values: unknown[]) => client.query(text, values),
        release: () => void appClient.releaseConnection(client),
      }
    },
    end: () => Promise.resolve(),
  } as unknown as PostgresPool
  return { pool, close: () => app.destroy() }
}

describeWith('postgres', 'SqlSessionStore shares the pool of', (url) => {
  describe.each([
    { name: 'TypeORM', open: ofTypeOrm },
    { name: 'Drizzle', open: ofDrizzle },
    { name: 'Knex', open: ofKnex },
    { name: 'the app itself, which gives it to others too', open: ofOwnPool },
  ])('$name', ({ open }) => {
    describePromises('and keeps what a store promises', () => through(url, open))
  })
})
