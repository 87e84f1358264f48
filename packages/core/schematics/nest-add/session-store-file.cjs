'use strict'

/** `session-store.ts` for the chosen store, and the module that it exports, if any. `undefined`: sessions in memory. */
exports.sessionStoreFile = ({ store, database }) => {
  switch (store) {
    case 'memory':
      return undefined
    case 'redis':
      return { module: 'RedisModule', text: redis }
    case 'typeorm':
      return { module: undefined, text: typeorm(DIALECTS[database]) }
    default:
      return { module: 'DatabaseModule', text: pool(DIALECTS[database], SHARING[store]) }
  }
}

const DIALECTS = {
  postgres: {
    dialect: 'PostgresDialect',
    poolType: 'PostgresPool',
    driverMember: 'master',
    events: ' & EventEmitter',
    eventsImport: [`import type { EventEmitter } from 'node:events';`],
    listen: [
      `    // Without these lines a connection that is lost while it is in use ends the process.`,
      `    const ignore = () => undefined;`,
      `    driver.master.on('acquire', (client: EventEmitter) => client.off('error', ignore).on('error', ignore));`,
    ],
    driver: `import { Pool } from 'pg';`,
    open: [
      `  readonly pool = new Pool({`,
      `    connectionString: process.env.DATABASE_URL,`,
      `    connectionTimeoutMillis: 1000,`,
      `  });`,
      ``,
      `  constructor() {`,
      `    // Without these lines a lost connection ends the process.`,
      `    this.pool.on('error', (error) => console.warn(error.message));`,
      `    this.pool.on('connect', (client) => client.on('error', () => undefined));`,
      `  }`,
    ],
    close: [`  async onApplicationShutdown() {`, `    await this.pool.end();`, `  }`],
  },
  mysql: {
    dialect: 'MysqlDialect',
    poolType: 'MysqlPool',
    driverMember: 'pool',
    events: '',
    eventsImport: [],
    listen: [],
    driver: `import { createPool, type Pool } from 'mysql2';`,
    open: [`  readonly pool: Pool = createPool({ uri: process.env.DATABASE_URL });`],
    close: [`  async onApplicationShutdown() {`, `    await this.pool.promise().end();`, `  }`],
  },
}

const SHARING = {
  prisma: 'Prisma uses it with `new PrismaPg(database.pool)` as its `adapter`.',
  drizzle: 'Drizzle uses it with `drizzle({ client: database.pool })`.',
  kysely: 'Kysely uses it as the `pool` of its dialect: `database.pool`.',
}

const OPEN_STORE = [
  `    const store = new SqlSessionStore({ db });`,
  `    await store.migrate();`,
  `    return store;`,
  `  },`,
  `};`,
]

const typeorm = ({ dialect, poolType, driverMember, events, eventsImport, listen }) =>
  lines(
    ...eventsImport,
    `import { SqlSessionStore } from '@nest-jwt-auth/sql';`,
    `import { Kysely, ${dialect}, type ${poolType} } from 'kysely';`,
    `import { DataSource } from 'typeorm';`,
    ``,
    `/** Sessions on the connections of TypeORM, in tables of their own: \`jwt_auth_…\`. */`,
    `export const sessionStore = {`,
    `  inject: [DataSource],`,
    `  useFactory: async (dataSource: DataSource) => {`,
    `    const driver = dataSource.driver as unknown as { ${driverMember}: ${poolType}${events} };`,
    ...listen,
    `    const dialect = new ${dialect}({ pool: driver.${driverMember} });`,
    `    const db = new Kysely<unknown>({ dialect });`,
    ...OPEN_STORE,
  )

const pool = ({ dialect, driver, open, close }, sharing) =>
  lines(
    `import { Global, Injectable, Module, OnApplicationShutdown } from '@nestjs/common';`,
    `import { SqlSessionStore } from '@nest-jwt-auth/sql';`,
    `import { Kysely, ${dialect} } from 'kysely';`,
    driver,
    ``,
    `/**`,
    ` * The connections of the sessions. Inject it where the app opens its own, in any module, so that both share one pool.`,
    ` * ${sharing}`,
    ` */`,
    `@Injectable()`,
    `export class Database implements OnApplicationShutdown {`,
    ...open,
    ``,
    ...close,
    `}`,
    ``,
    `@Global()`,
    `@Module({ providers: [Database], exports: [Database] })`,
    `export class DatabaseModule {}`,
    ``,
    `/** Sessions in tables of their own: \`jwt_auth_…\`. */`,
    `export const sessionStore = {`,
    `  inject: [Database],`,
    `  useFactory: async ({ pool }: Database) => {`,
    `    const db = new Kysely<unknown>({ dialect: new ${dialect}({ pool }) });`,
    ...OPEN_STORE,
  )

const redis = lines(
  `import { Global, Injectable, Module, OnApplicationShutdown } from '@nestjs/common';`,
  `import { RedisSessionStore } from '@nest-jwt-auth/redis';`,
  `import { createClient } from 'redis';`,
  ``,
  `@Injectable()`,
  `export class Redis implements OnApplicationShutdown {`,
  `  readonly client = createClient({ url: process.env.REDIS_URL });`,
  ``,
  `  constructor() {`,
  `    // Without this line a lost connection ends the process.`,
  `    this.client.on('error', (error: Error) => console.warn(error.message));`,
  `    this.client.connect().catch(() => undefined);`,
  `  }`,
  ``,
  `  onApplicationShutdown() {`,
  `    this.client.destroy();`,
  `  }`,
  `}`,
  ``,
  `@Global()`,
  `@Module({ providers: [Redis], exports: [Redis] })`,
  `export class RedisModule {}`,
  ``,
  `export const sessionStore = {`,
  `  inject: [Redis],`,
  `  useFactory: ({ client }: Redis) => new RedisSessionStore({ client }),`,
  `};`,
)

function lines(...items) {
  return `${items.join('\n')}\n`
}
