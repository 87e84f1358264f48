import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { freePort } from '../../support/free-port.js'
import { run as runProgram, workspaceRoot } from '../../support/run.js'
import { describeWith } from '../../support/services.js'
import { RedisServer } from '../../redis/support/redis-server.js'
import { type AppParts, appSource, installPackages, useDoctor, workspaceLinks } from './fixture.js'

const { examine, makeApp, run } = useDoctor()
const git = (cwd: string, ...args: string[]) =>
  runProgram('git', ['-c', 'user.name=x', '-c', 'user.email=x@x.example', ...args], cwd)

describe('doctor in a healthy app', () => {
  it('finds nothing, says what it did not check, and exits with 0', async () => {
    const { code, findings, notChecked, err } = await examine(appSource({}))

    expect({ code, findings, err }).toEqual({ code: 0, findings: [], err: '' })
    expect(notChecked.map(({ what }) => what)).toEqual([
      'secrets in committed files',
      expect.stringMatching(/^Modules that are loaded lazily/),
      expect.stringMatching(/^Routes and middleware/),
      expect.stringMatching(/^Connections of gateways/),
      'what main.ts sets (global guards, prefix, versions, microservices)',
      'the running app',
    ])
  })
})

interface Fault {
  code: string
  severity: string
  app: AppParts
  /** Does what the finding says, by its line. */
  mend: (app: AppParts, write: string) => AppParts
}

const COOKIES = "locations: ['cookie'],"

const faults: Fault[] = [
  {
    code: 'handler_open',
    severity: 'problem',
    app: { handlers: '@Delete(":id") remove() {}' },
    mend: ({ handlers }, write) => ({ handlers: `${write} ${handlers}` }),
  },
  {
    code: 'route_shadowed',
    severity: 'problem',
    app: { handlers: '@Get(":id") @Public() one() {} @Get("late") @UseGuards(JwtGuard) late() {}' },
    mend: ({ handlers = '' }, write) => ({ handlers: handlers.replace('@Public()', write) }),
  },
  {
    code: 'guarded_handler_cached',
    severity: 'problem',
    app: {
      aboveController: '@UseInterceptors(CacheInterceptor)',
      imports: 'CacheModule.register()',
      code: "import { CacheModule } from '@nestjs/cache-manager'",
    },
    mend: ({ aboveController = '', imports = '', code = '' }, write) => ({
      imports,
      code: `${code}
        import type { ExecutionContext } from '@nestjs/common'
        class CacheByUser extends CacheInterceptor { ${write} }`,
      aboveController: aboveController.replace('CacheInterceptor', 'CacheByUser'),
    }),
  },
  {
    code: 'store_in_memory',
    severity: 'warning',
    app: { options: 'refreshToken: {}, sessionStore: InMemorySessionStore' },
    mend: (_app, write) => ({
      options: `refreshToken: {}, ${write}`,
      code: `
        import Sqlite from 'libsql'
        import { SqlSessionStore } from '@nest-jwt-auth/sql'
        import { Kysely, SqliteDialect } from 'kysely'
        const db = new Kysely({ dialect: new SqliteDialect({ database: new Sqlite('memory-mended.db') }) })
        await new SqlSessionStore({ db }).migrate()`,
    }),
  },
  {
    code: 'store_not_migrated',
    severity: 'problem',
    app: {
      options:
        'refreshToken: {}, sessionStore: { useFactory: async () => { const store = new SqlSessionStore({ db }); /* here */ return store } }',
      code: `
        import Sqlite from 'libsql'
        import { SqlSessionStore } from '@nest-jwt-auth/sql'
        import { Kysely, SqliteDialect } from 'kysely'
        const db = new Kysely({ dialect: new SqliteDialect({ database: new Sqlite('migrated.db') }) })`,
    },
    mend: ({ options = '', code = '' }, write) => ({
      code,
      options: options.replace('/* here */', `${write};`),
    }),
  },
  {
    code: 'store_not_durable',
    severity: 'warning',
    app: {
      options:
        'refreshToken: {}, sessionStore: { useFactory: async () => { const store = new SqlSessionStore({ db }); await store.migrate(); return store } }',
      code: `
        import Database from 'libsql'
        import { SqlSessionStore } from '@nest-jwt-auth/sql'
        import { Kysely, SqliteDialect } from 'kysely'
        const db = new Kysely({ dialect: new SqliteDialect({ database: new Database(':memory:') }) })`,
    },
    mend: ({ options = '', code = '' }, write) => ({
      options,
      code: code.replace("new Database(':memory:')", write),
    }),
  },
  {
    code: 'cookie_without_host_prefix',
    severity: 'note',
    app: { options: `${COOKIES} cookies: { accessToken: { name: 'token' } }` },
    mend: (_app, write) => ({ options: `${COOKIES} cookies: { accessToken: { ${write} } }` }),
  },
  {
    code: 'cookie_for_subdomains',
    severity: 'note',
    app: { options: `${COOKIES} cookies: { domain: 'app.example', }` },
    mend: ({ options = '' }, write) => ({ options: options.replace(write, '') }),
  },
  {
    code: 'same_site_none_unused',
    severity: 'warning',
    app: { options: `${COOKIES} cookies: { sameSite: 'none' }` },
    mend: (_app, write) => ({ options: `${COOKIES} cookies: { ${write} }` }),
  },
  {
    code: 'trusted_origin_insecure',
    severity: 'warning',
    app: { options: `${COOKIES} csrf: { trustedOrigins: ['http://app.example'] }` },
    mend: (_app, write) => ({ options: `${COOKIES} csrf: { trustedOrigins: [${write}] }` }),
  },
]

describe('doctor in an app with a fault', () => {
  it.each(faults)(
    'finds $code, and no longer once its line is written',
    async ({ code, severity, app, mend }) => {
      const faulty = await examine(appSource(app))
      expect(faulty.codes).toEqual([code])
      expect(faulty.findings[0]).toMatchObject({ severity, at: expect.stringMatching(/./) })
      expect(faulty.code).toBe(severity === 'problem' ? 1 : 0)

      const write = faulty.findings[0]?.fix.write ?? ''
      const mended = await examine(appSource(mend(app, write)))
      expect(mended).toMatchObject({ code: 0, codes: [] })
    },
  )
})

describe('doctor and cached handlers', () => {
  const cache = {
    imports: 'CacheModule.register()',
    code: "import { CacheModule } from '@nestjs/cache-manager'\nimport { VersioningType } from '@nestjs/common'",
  }
  const cached = async (source: string, args: readonly string[] = []) =>
    (await examine(source, args)).findings.map(({ code, at, what }) => `${code} ${at}: ${what}`)

  it('finds a cache on the handler', async () => {
    const handlers = '@Get("all") @UseGuards(JwtGuard) @UseInterceptors(CacheInterceptor) all() {}'
    expect(await cached(appSource({ ...cache, handlers }))).toEqual([
      expect.stringMatching(
        /^guarded_handler_cached GET \/items\/all .*: CacheInterceptor \(on the handler\) keeps/,
      ),
    ])
  })

  const controllers = (first: string, second: string) => `
    ${cache.code}
    const controllerAt = (path, ...decorators) => {
      class UsersController { read() {} }
      const { prototype } = UsersController
      Get('me')(prototype, 'read', Object.getOwnPropertyDescriptor(prototype, 'read'))
      for (const decorate of [Controller(path), UseGuards(JwtGuard), ...decorators]) decorate(UsersController)
      return UsersController
    }
    @Module({ imports: [CacheModule.register()], controllers: [controllerAt(${first}), controllerAt(${second})] })
    class UsersModule {}`
  const inCache = ', UseInterceptors(CacheInterceptor)'

  it.each([
    ['first', `'old/users'${inCache}`, "'users'", 'GET /old/users/me'],
    ['second', "'users'", `'old/users'${inCache}`, 'GET /old/users/me'],
    ['less deep one', "'old/users'", `'users'${inCache}`, 'GET /users/me'],
    ['first, at /', `'/'${inCache}`, "'/users'", 'GET /me'],
  ])('finds it on the %s of two controllers of one name', async (_which, first, second, at) => {
    const source = appSource({ imports: 'UsersModule', code: controllers(first, second) })
    expect(await cached(source)).toEqual([expect.stringContaining(`${at} (UsersController.read)`)])
  })

  it.each([
    ['VersioningType.URI }', 'GET /v2/users/me'],
    ["VersioningType.HEADER, header: 'x-version' }", 'GET /users/me'],
  ])('finds it on one of two versions with %s', async (versioning, at) => {
    const [first, second] = ["{ path: 'users', version: '1' }", `{ path: 'users', version: '2' }${inCache}`]
    const source = `${appSource({ imports: 'UsersModule', code: controllers(first, second) })}
      import { NestFactory } from '@nestjs/core'
      export async function createApp() {
        const app = await NestFactory.create(AppModule, { logger: false })
        app.enableVersioning({ type: ${versioning})
        return app
      }`
    expect(await cached(source, ['--app', 'dist/app.module.js#createApp'])).toEqual([
      expect.stringContaining(`${at} (UsersController.read)`),
    ])
  })
})

describe('doctor in an app that a function makes', () => {
  it('sees what main.ts sets: a global cache, a global guard and the prefix', async () => {
    const source = `${appSource({ handlers: '@Get("all") all() {}' })}
      import { NestFactory } from '@nestjs/core'
      import { CacheModule } from '@nestjs/cache-manager'
      class ShopCache extends CacheInterceptor {}
      export async function createApp() {
        const app = await NestFactory.create(AppModule, { logger: false })
        const caches = await NestFactory.createApplicationContext(CacheModule.register(), { logger: false })
        app.setGlobalPrefix('api')
        app.useGlobalGuards(app.get(JwtGuard))
        app.useGlobalInterceptors(new ShopCache(caches.get('CACHE_MANAGER'), {}))
        return app
      }`
    const { codes, findings, notChecked } = await examine(source, ['--app', 'dist/app.module.js#createApp'])
    expect(codes).toEqual(['guarded_handler_cached'])
    expect(findings.map(({ at }) => at)).toEqual([
      'GET /api/items/mine (ItemsController.mine)',
      'GET /api/items/all (ItemsController.all)',
    ])
    expect(findings[0]).toMatchObject({
      what: expect.stringContaining('ShopCache (global)'),
      fix: { where: 'in ShopCache' },
    })
    expect(notChecked.map(({ what }) => what).join()).not.toContain('main.ts')
  })

  it('examines the store of rotating keys, and finds the secret that they are wrapped with', async () => {
    const app = appSource({
      options: `keyRotation: { wrap: [{ id: 'a', secret: process.env.WRAP }] }, keyStore: { useFactory: () => new Keys() }, refreshToken: false`,
      code: `class Keys extends KeyStore {
        async read() { throw Object.assign(new Error('away'), { code: 'E_AWAY' }) }
        async replace() { return false }
      }`,
    })
    const wrap = randomBytes(48).toString('base64')
    const folder = await makeApp(app, { files: { '.env.sample': `WRAP='${wrap}'` } })
    const { findings } = await run(folder, [], { WRAP: wrap })
    expect(findings.map(({ code, at }) => `${code} ${at}`)).toEqual([
      'secret_in_file .env.sample:1',
      'store_unreachable keyStore',
    ])
  })
})

describe('doctor and the secrets of an app', () => {
  const secret = randomBytes(48).toString('base64url')
  const app = appSource({ options: 'secret: process.env.JWT_SECRET, refreshToken: false' })
  const sample = { '.env.example': `# copy this\nJWT_SECRET=${secret}\n` }

  it('finds the one of a sample file, shows no part of it, and not the new one that it says to make', async () => {
    const folder = await makeApp(app, { files: sample })
    const found = await run(folder, [], { JWT_SECRET: secret })
    expect(found).toMatchObject({ code: 1, codes: ['secret_in_file'], findings: [{ at: '.env.example:2' }] })
    for (const part of secret.match(/.{8}/g) ?? []) expect(found.out + found.err).not.toContain(part)

    const [command = '', ...args] =
      found.findings[0]?.fix.write
        .replace('npx @nest-jwt-auth/cli', 'node packages/cli/dist/index.js')
        .split(' ') ?? []
    const fresh = (await runProgram(command, args, workspaceRoot)).trim()
    const mended = await makeApp(app, { files: sample })
    expect(await run(mended, [], { JWT_SECRET: fresh })).toMatchObject({ code: 0, codes: [] })
  })

  it('finds a committed .env, source and key file, and no ignored one', async () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    const source = appSource({
      code: "import { readFileSync } from 'node:fs'",
      options:
        "keys: [{ algorithm: 'ES256', privateKey: readFileSync(new URL('../key.pem', import.meta.url), 'utf8') }, { algorithm: 'HS256', secret: process.env.JWT_SECRET }], refreshToken: false",
    })
    const files = {
      '.env': `JWT_SECRET="${secret}"`,
      'src/config.ts': `export const config = {\n  secret: '${secret}',\n}`,
      'key.pem': privateKey,
      'other.pem': String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })),
      '.gitignore': 'node_modules\ndist\n',
    }
    const folder = await makeApp(source, { files })
    await git(folder, 'init', '-q')
    await git(folder, 'add', '-A')
    const found = await run(folder, [], { JWT_SECRET: secret })
    expect(found.findings.map(({ code, at }) => `${code} ${at}`)).toEqual([
      'secret_in_file .env:1',
      'secret_in_file key.pem:1',
      'secret_in_file src/config.ts:2',
    ])
    expect(found.notChecked.map(({ what }) => what)).not.toContain('secrets in committed files')

    await git(folder, 'rm', '-q', '--cached', '.env', 'key.pem', 'src/config.ts')
    expect((await run(folder, [], { JWT_SECRET: secret })).codes).toEqual([])
  })

  it('finds it before a comment, in a Dockerfile, in a script and in a subfolder of the repository', async () => {
    const folder = await makeApp(app, {
      files: {
        '.env.sample': `JWT_SECRET=${secret} # for production`,
        Dockerfile: `FROM node:24\nENV JWT_SECRET ${secret}`,
        'scripts.json': `{ "start": "JWT_SECRET=${secret} nest start" }`,
      },
    })
    const repository = dirname(folder)
    const name = basename(folder)
    await git(repository, 'init', '-q')
    await git(repository, 'add', `${name}/Dockerfile`, `${name}/scripts.json`)
    const found = await run(folder, [], { JWT_SECRET: secret })
    await rm(join(repository, '.git'), { recursive: true })
    expect(found.findings.map(({ code, at }) => `${code} ${at}`).toSorted()).toEqual(
      ['.env.sample:1', 'Dockerfile:2', 'scripts.json:1'].map((at) => `secret_in_file ${name}/${at}`),
    )
  })

  it('finds one of several words before a comment', async () => {
    const words = 'correct horse; battery staple, and more of it'
    const folder = await makeApp(app, { files: { '.env.example': `JWT_SECRET=${words} # for production` } })
    expect((await run(folder, [], { JWT_SECRET: words })).findings).toMatchObject([
      { code: 'secret_in_file', at: '.env.example:1' },
    ])
  })

  it('reports a private key on one line once', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
      .trim()
      .replaceAll('\n', '\\n')
    const source = appSource({
      options:
        "keys: [{ algorithm: 'ES256', privateKey: process.env.KEY.replaceAll('\\\\n', '\\n') }], refreshToken: false",
    })
    const folder = await makeApp(source, { files: { '.env.example': `KEY="${key}"` } })
    const { findings } = await run(folder, [], { KEY: key })
    expect(findings.map(({ code, at }) => `${code} ${at}`)).toEqual(['secret_in_file .env.example:1'])
  })

  it('says that it looked at no files where the app has no folder of its own', async () => {
    const folder = await makeApp(app, { manifest: { name: undefined }, files: sample })
    const { findings, notChecked } = await run(folder, [], { JWT_SECRET: secret })
    expect(findings).toEqual([])
    expect(notChecked).toContainEqual({
      what: 'the installed packages, and secrets in files',
      because: expect.stringContaining('package.json'),
    })
  })

  it('says of a weak one why, and of other options what the app says', async () => {
    const weak = await run(await makeApp(app), [], { JWT_SECRET: 'secret'.repeat(8) })
    expect(weak).toMatchObject({ code: 1, codes: ['secret_weak'], findings: [{ at: 'secret' }] })
    const missing = await examine(app)
    expect(missing).toMatchObject({ code: 1, codes: ['config_invalid'], findings: [{ at: 'secret' }] })
    expect(missing.notChecked).toContainEqual(expect.objectContaining({ because: 'the app does not start' }))
  })
})

describe('doctor and an app that does not start', () => {
  it('says why, without the passwords and members of its error', async () => {
    const failing = `
      throw Object.assign(new Error('connect ECONNREFUSED postgres://app:open-sesame@db.example/app'), {
        code: 'ECONNREFUSED',
        config: { password: 'open-sesame' },
      })`
    const found = await examine(appSource({ code: failing }))
    expect(found).toMatchObject({ code: 1, codes: ['app_does_not_start'] })
    expect(found.findings[0]?.what).toContain('ECONNREFUSED postgres://app:…@db.example/app')
    expect(found.out + found.err).not.toContain('open-sesame')
    expect(found.err).toMatch(/at .*app\.module\.js/)
  })

  it('says where the app does without the library', async () => {
    const without = await examine(
      "import { Module } from '@nestjs/common'; @Module({}) export class AppModule {}",
    )
    expect(without).toMatchObject({ code: 1, codes: ['module_missing'] })
  })

  it('waits no longer than --timeout for it', async () => {
    const waiting = appSource({ providers: "{ provide: 'db', useFactory: () => new Promise(() => {}) }" })
    const found = await examine(waiting, ['--timeout', '1'])
    expect(found).toMatchObject({ code: 1, codes: ['app_does_not_start'] })
    expect(found.findings[0]?.what).toContain('within 1 seconds')
  })

  it('is called wrongly where there is no app, which is exit code 2', async () => {
    const folder = await makeApp(appSource({}))
    for (const args of [
      ['--app', 'dist/none.js'],
      ['--url', 'ftp://app.example'],
      ['--token-env', 'NONE'],
      ['--shout'],
    ]) {
      expect(await run(folder, args)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/./) })
    }
  })
})

describe('doctor and stores that are down or unusual', () => {
  const redis = (url: string, connect = 'await client.connect()') =>
    appSource({
      options:
        'refreshToken: {}, sessionStore: { useFactory: async () => new RedisSessionStore({ client }) }',
      code: `
        import { RedisSessionStore } from '@nest-jwt-auth/redis'
        import { createClient } from 'redis'
        const client = createClient({ url: '${url}', socket: { reconnectStrategy: false } }).on('error', () => undefined)
        @Injectable()
        class Connection {
          async onModuleInit() { await client.connect() }
          onModuleDestroy() { if (client.isOpen) client.destroy() }
        }
        ${connect}`,
      providers:
        connect === ''
          ? 'Connection'
          : "{ provide: 'closing', useValue: { onModuleDestroy: () => client.isOpen && client.destroy() } }",
    })

  it('finds a database that is down', async () => {
    const app = appSource({
      options: 'refreshToken: {}, sessionStore: { useFactory: () => new SqlSessionStore({ db }) }',
      code: `
        import { SqlSessionStore } from '@nest-jwt-auth/sql'
        import { Kysely, PostgresDialect } from 'kysely'
        import pg from 'pg'
        const pool = new pg.Pool({ connectionString: 'postgres://app:open-sesame@127.0.0.1:${await freePort()}/app' })
        const db = new Kysely({ dialect: new PostgresDialect({ pool }) })`,
    })
    const found = await examine(app)
    expect(found).toMatchObject({ code: 1, codes: ['store_unreachable'], findings: [{ at: 'sessionStore' }] })
    expect(found.findings[0]?.what).toContain('ECONNREFUSED')
    expect(found.out + found.err).not.toContain('open-sesame')
  })

  it('examines a store without report() by a look-up, and says so', async () => {
    const app = (answer: string) =>
      appSource({
        options: 'refreshToken: {}, sessionStore: { useFactory: () => new Own() }',
        code: `class Own extends InMemorySessionStore { report = undefined; async lookUp() { ${answer} } }`,
      })
    const good = await examine(app('return { session: undefined }'))
    expect(good.codes).toEqual([])
    expect(good.notChecked).toContainEqual({
      what: 'what the sessionStore is like',
      because: expect.stringContaining('no report()'),
    })
    const reading = await examine(app('return { session: undefined } } async read(id) { return id.length'))
    expect(reading.codes).toEqual([])
    expect(reading.notChecked.map(({ what }) => what)).toEqual(good.notChecked.map(({ what }) => what))
    const failing = await examine(app("throw Object.assign(new Error('away'), { code: 'E_AWAY' })"))
    expect(failing.codes).toEqual(['store_unreachable'])
  })

  it('compares clocks with the store', async () => {
    const app = (seconds: number) =>
      appSource({
        options: 'refreshToken: {}, sessionStore: { useFactory: () => new Own() }',
        code: `class Own extends InMemorySessionStore { async report() { return { system: 'Elsewhere', time: Date.now() + ${seconds} * 1000, evicts: false, isDurable: true } } }`,
      })
    expect((await examine(app(0))).codes).toEqual([])
    const ahead = await examine(app(3600))
    expect(ahead).toMatchObject({ code: 1, codes: ['clock_differs'] })
    expect(ahead.findings[0]?.what).toMatch(/(3599|3600) seconds ahead/)
    expect((await examine(app(-3600))).findings[0]?.what).toMatch(/seconds behind/)
    expect((await examine(app(60))).codes).toEqual(['clock_differs'])
    expect((await examine(app(4))).codes).toEqual([])
  })

  it('finds a store whose tables are of an older version', async () => {
    const app = appSource({
      options: 'refreshToken: {}, sessionStore: { useFactory: () => new Own() }',
      code: `class Own extends InMemorySessionStore {
        async report() { return { system: 'Elsewhere', migrations: { done: 1, needed: 3 }, evicts: false, isDurable: true } }
      }`,
    })
    expect((await examine(app)).findings).toMatchObject([
      { code: 'store_not_migrated', what: expect.stringContaining('1 of 3 migrations') },
    ])
  })

  describeWith('redis-server', 'on Redis', () => {
    it('finds what evicts or forgets, and no longer once both lines are in its settings', async () => {
      const server = await RedisServer.start('--maxmemory-policy', 'allkeys-lru', '--appendonly', 'no')
      const faulty = await examine(redis(server.url))
      expect(faulty).toMatchObject({ code: 1, codes: ['store_evicts', 'store_not_durable'] })

      const settings = faulty.findings.flatMap(({ fix }) => `--${fix.write}`.split(' '))
      const mended = await RedisServer.start(...settings)
      expect(await examine(redis(mended.url))).toMatchObject({ code: 0, codes: [] })
    })

    it('says where a client is not connected that it may be in a lifecycle hook, which --start runs', async () => {
      const server = await RedisServer.start('--appendonly', 'yes')
      const folder = await makeApp(redis(server.url, ''))
      const built = await run(folder, [])
      expect(built.codes).toEqual([])
      expect(built.notChecked).toContainEqual({
        what: 'the sessionStore',
        because: expect.stringContaining('--start'),
      })
      const started = await run(folder, ['--start'])
      expect(started.codes).toEqual([])
      expect(started.notChecked.map(({ what }) => what)).not.toContain('the sessionStore')
    })
  })
})

describe('doctor and what is installed', () => {
  const nest11 = join(workspaceRoot, 'test/nest-11/node_modules')
  const packages = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express']
  const linksTo11 = Object.fromEntries(packages.map((name) => [name, nest11]))

  it('finds nothing in an app on Nest 11', async () => {
    const app = appSource({}).replace(/import \{ CacheInterceptor.*/, '')
    const install = async (nodeModules: string) =>
      installPackages(
        nodeModules,
        { ...(await workspaceLinks(['@nestjs', '@nest-jwt-auth'])), ...linksTo11 },
        ['@nest-jwt-auth/core'],
      )
    expect(await examine(app, [], { install })).toMatchObject({ code: 0, codes: [], err: '' })
  })

  it('finds a second copy of Nest, a Nest and a Node that are not supported, and what is left over', async () => {
    const folder = await makeApp(appSource({}).replace(/import \{ CacheInterceptor.*/, ''), {
      manifest: {
        dependencies: {
          '@nestjs/common': '*',
          '@nestjs/core': '*',
          '@nestjs/jwt': '*',
          '@nest-jwt-auth/core': '*',
        },
      },
      // Nest 11 for the app, and the workspace's Nest 12 for @nestjs/jwt.
      install: async (nodeModules) =>
        installPackages(
          nodeModules,
          {
            ...(await workspaceLinks(['@nestjs', '@nest-jwt-auth'])),
            ...linksTo11,
            '@nestjs/jwt': join(workspaceRoot, 'node_modules'),
          },
          ['@nest-jwt-auth/core'],
        ),
    })
    const core = join(folder, 'node_modules/@nest-jwt-auth/core/package.json')
    const manifest = JSON.parse(await readFile(core, 'utf8')) as Record<string, object>
    const changed = {
      ...manifest,
      engines: { node: '>=99' },
      peerDependencies: { ...manifest['peerDependencies'], '@nestjs/core': '^99' },
    }
    await writeFile(core, JSON.stringify(changed))

    const found = await run(folder, [])
    expect(found.codes).toEqual([
      'package_twice',
      'node_unsupported',
      'nest_unsupported',
      'package_left_over',
    ])
    const [twice] = found.findings
    expect(twice).toMatchObject({
      at: expect.stringMatching(/@nestjs\/jwt loads$/),
      fix: { write: '"overrides": { "@nestjs/common": "$@nestjs/common" }' },
    })

    await writeFile(core, JSON.stringify(manifest))
    await rm(join(folder, 'node_modules/@nestjs/jwt'))
    expect(await run(folder, [])).toMatchObject({ code: 0, codes: [] })
  })
})
