import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeBlocks } from '../docs/code-blocks.js'
import { run } from '../support/run.js'
import { describeWith } from '../support/services.js'
import { callHere } from './call-here.js'
import { type InstalledCli, installApp, type Outcome } from './installed-cli.js'
import { type Resident, startResident } from './resident.js'

const KEY_WRAP_SECRET = 'q7Vd2mXw9LbTz4KsRy8HnCfJ5pGu3EaW'
const JWT_SECRET = 'fM6sZ1oUvD0tQxB-jNhYkAiEr7cWl4Pq'

const failed = (stderr: RegExp) => ({ code: 2, stdout: '', stderr: expect.stringMatching(stderr) })
const refused = (errorCode: string) => ({ code: 1, stderr: expect.stringContaining(errorCode) })

function parsed<T>({ code, stdout, stderr }: Outcome): T {
  if (code !== 0) throw new Error(`exit code ${code}\n${stderr}`)
  return JSON.parse(stdout)
}

interface Pair {
  readonly access_token: string
  readonly refresh_token: string
}

describe('an ES module app on Nest 12, with sessions and keys in SQLite', () => {
  let cli: InstalledCli
  let resident: Resident
  const call = (args: string, input = '') => resident.call(cli.folder, args.split(' '), { input })

  beforeAll(async () => {
    cli = await installApp('shop', 'nest-12')
    resident = startResident(cli.folder, environment())
  })

  const environment = () => ({ KEY_WRAP_SECRET, DB_FILE: join(cli.folder, 'shop.db') })

  afterAll(async () => {
    await resident.stop()
    await cli.remove()
  })

  it('has its tables made, once', async () => {
    const tooEarly = await call('keys list')
    expect(tooEarly).toMatchObject(failed(/does not start[^]*tables .* are missing[^]*migrate\(\)/))

    const unreachable = await cli.call(['migrate'], {
      env: { ...environment(), DB_FILE: '/nowhere/shop.db' },
    })
    expect(unreachable).toMatchObject(failed(/SqlSessionStore cannot be migrated: ./))

    const first = await cli.call(['migrate'], { env: environment() })
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/ran \d+ migrations?\. .* SQLite/) })
    expect(first.stdout).not.toContain('The shop is loaded.')
    expect(first.stderr).toBe('The shop is loaded.\n')
    const second = await call('migrate')
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/^(.*nothing to do.*\n){2}$/) })
  })

  it('issues tokens as after a login, and explains them', async () => {
    const [minted, unknown, forHowLong, inProduction] = await Promise.all([
      call('token mint 1'),
      call('token mint 2'),
      call('token mint 1 --expires-in banana'),
      callHere(cli.folder, ['token', 'mint', '1'], { env: { NODE_ENV: 'production' } }),
    ])
    expect(minted.code).toBe(0)
    expect(unknown).toMatchObject(failed(/knows no identity/))
    expect(forHowLong).toMatchObject(failed(/--expires-in must be a whole number with a unit/))
    expect(inProduction).toMatchObject(failed(/NODE_ENV is production/))

    expect(await call('token inspect --app dist/app.module.js', minted.stdout)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Claims \(verified\)[^]*role +"admin"[^]*The app accepts it\./),
    })
  })

  it('lists and ends sessions', async () => {
    const opened: Pair = parsed(await call('token mint 1 --session'))
    const [sessions, refresh, asAccess] = await Promise.all([
      call('sessions list 1 --json'),
      call('token inspect --app dist/app.module.js#AppModule', opened.refresh_token),
      call('token verify', opened.refresh_token),
    ])
    const [{ id }] = parsed<[{ id: string }]>(sessions)
    expect(refresh).toMatchObject({ code: 0 })
    expect(asAccess).toMatchObject(refused('token_wrong_type'))

    expect(await call(`sessions revoke ${id}`)).toMatchObject({ code: 0, stdout: '1 session was ended.\n' })
    const [ended, again] = await Promise.all([
      call('token verify --json', opened.access_token),
      call(`sessions revoke ${id}`),
    ])
    expect(ended).toMatchObject({ code: 1, stderr: '' })
    expect(JSON.parse(ended.stdout)).toMatchObject({ accepted: false, errorCode: 'token_revoked' })
    expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/no such session/) })
  })

  it('ends all tokens of a subject', async () => {
    const minted = await call('token mint 1')
    expect(await call('sessions revoke --all 1')).toMatchObject({
      code: 0,
      stdout: '0 sessions were ended.\n',
    })
    expect(await call('token inspect --app dist/app.module.js --json', minted.stdout)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /"verified":false,"verdict":\{"accepted":false,"errorCode":"token_revoked"/,
      ),
    })
  })

  it('rotates and revokes keys', async () => {
    interface Key {
      readonly kid: string
      readonly state: string
    }
    const minted = await call('token mint 1')
    const signing = parsed<Key>(await call('keys rotate --immediately --json'))
    expect(signing).toMatchObject({ state: 'signing' })

    const keys = parsed<Key[]>(await call('keys list --json'))
    const former = keys.find(({ state }) => state === 'verifying')
    expect(await call(`keys revoke -- ${former?.kid}`)).toMatchObject({ code: 0 })
    const [table, dead, unknown] = await Promise.all([
      call('keys list'),
      call('token verify', minted.stdout),
      call('keys revoke nobody'),
    ])
    expect(table.stdout).toMatch(new RegExp(`^KID .*\n${signing.kid} +ES256 +signing +yes +signs until `))
    expect(table.stdout).not.toContain(former?.kid)
    expect(dead).toMatchObject(refused('token_signature_invalid'))
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/no key of that name/) })
  })

  it('is audited without a database', async () => {
    const without = { DB_FILE: '/nowhere/shop.db', KEY_WRAP_SECRET: '' }
    const [guarded, open, inWords, shadowed, whole] = await Promise.all([
      cli.call(['audit'], { env: without }),
      call('audit --app dist/app.module.js#UnguardedModule --json'),
      call('audit --app dist/app.module.js#UnguardedModule'),
      call('audit --app dist/app.module.js#ShadowingModule'),
      call('audit --app dist/app.module.js#createApp'),
    ])
    expect(guarded).toMatchObject({ code: 0 })
    expect(guarded.stdout).toMatch(/^ACCESS .*\npublic +http +GET \/items +ItemsController\.list +@Public/)
    expect(guarded.stderr).toMatch(/Not seen: The app is a preview/)
    expect(open.code).toBe(1)
    const { routes }: { routes: { path: string; access: string }[] } = JSON.parse(open.stdout)
    expect(routes.filter(({ access }) => access === 'open').map(({ path }) => path)).toEqual([
      '/items/mine',
      '/admin/purge',
    ])
    expect(inWords).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^2 handlers are open\. Guard /m),
    })
    expect(shadowed).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^GET \/offers\/:id takes the requests of GET \/offers\/mine .*, which needs a token/m,
      ),
    })
    expect(shadowed.stderr).not.toContain('open')
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining('GET /api/items/mine') })
    expect(whole.stderr).not.toMatch(/preview/)
  })
})

describe('a CommonJS app on Nest 11, with a secret and sessions in memory', () => {
  let cli: InstalledCli
  let resident: Resident
  const call = (args: string, input = '') => resident.call(cli.folder, args.split(' '), { input })

  beforeAll(async () => {
    cli = await installApp('plain', 'nest-11')
    resident = startResident(cli.folder, { JWT_SECRET })
    await writeFile(join(cli.folder, '.env'), `JWT_SECRET=${JWT_SECRET}\n`)
    await writeFile(join(cli.folder, '.env.production'), `JWT_SECRET=${JWT_SECRET}\nNODE_ENV=production\n`)
  })

  afterAll(async () => {
    await resident.stop()
    await cli.remove()
  })

  it('takes its variables from a file', async () => {
    const [audit, minted, without, inProduction] = await Promise.all([
      cli.call(['audit']),
      cli.call(['token', 'mint', 'ada', '--env-file', '.env']),
      cli.call(['token', 'mint', 'ada']),
      call('token mint ada --env-file .env.production'),
    ])
    expect(audit).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/required +http +GET \/me .*APP_GUARD/),
    })
    expect(inProduction).toMatchObject(failed(/NODE_ENV is production/))
    expect(without).toMatchObject(
      failed(/does not start\. Its error:\nJwtAuthModule cannot start[^]*- secret: /),
    )
    expect(without.stderr).not.toMatch(/^\s+at /m)
    expect(await call('token verify', minted.stdout)).toMatchObject({ code: 0 })
  })

  it('is told what only the running app knows', async () => {
    const outcomes = await Promise.all(
      ['sessions list ada', 'keys rotate', 'migrate', 'token mint ada --session'].map((args) => call(args)),
    )
    expect(outcomes).toMatchObject([
      failed(/keeps its sessions in memory.*SqlSessionStore/),
      failed(/`keyRotation`, which is not set/),
      failed(/no store with tables/),
      failed(/keeps its sessions in memory.*Leave out --session/),
    ])
  })

  it('says why an app cannot be used, and ends', async () => {
    const from = (name: string) => `--app dist/app.module.js#${name}`
    const outcomes = await Promise.all([
      call(`token mint ada --timeout 1 ${from('HangingModule')}`),
      call(`token mint ada ${from('FailingModule')}`),
      call(`token mint ada ${from('WithoutAuthModule')}`),
      call(`audit ${from('Nothing')}`),
    ])
    expect(outcomes).toMatchObject([
      failed(/has not started within 1 seconds/),
      failed(/does not start\. Its error:\nError: connect ECONNREFUSED/),
      failed(/does not import JwtAuthModule/),
      failed(/no module Nothing .*It exports AppModule, /),
    ])
  })
})

describe('docs/cli.md', () => {
  const offline = { npm_config_offline: 'true' }

  it('has commands that run in the folder of an app', async () => {
    const cli = await installApp('plain', 'nest-12')
    // npx finds the command in the folder. It takes longer to start than the command, so it is asked once.
    expect(await run('npx', ['@nest-jwt-auth/cli', '--version'], cli.folder, offline)).toMatch(/^\d+\./)
    const asNpx = 'npx() { shift; node_modules/.bin/nest-jwt-auth "$@"; }'
    const blocks = codeBlocks('docs/cli.md').filter(({ language }) => language === 'sh')
    const script = ['set -e', asNpx, ...blocks.map(({ code }) => code)].join('\n')
    const output = await run('sh', ['-c', script], cli.folder, { JWT_SECRET })

    expect(output).toMatch(/GET \/me[^]*The app accepts it\.[^]*"sub":"ada"[^]*BEGIN PUBLIC KEY/)
    const written = await Promise.all(
      ['.env', 'private.pem', 'private.jwk'].map((name) => readFile(join(cli.folder, name), 'utf8')),
    )
    expect(written).toEqual([
      expect.stringMatching(/^JWT_SECRET=[\w-]{86}\n$/),
      expect.stringContaining('BEGIN PRIVATE KEY'),
      expect.stringMatching(/^\{.*"d":.*\}\n$/),
    ])
    await cli.remove()
  })
})

describeWith('redis', 'an app with sessions in Redis', (url) => {
  let cli: InstalledCli
  const prefix = `cli-${randomUUID()}:`
  let resident: Resident
  const call = (args: string, input = '', env = {}) =>
    resident.call(cli.folder, args.split(' '), { env, input })

  beforeAll(async () => {
    cli = await installApp('redis', 'nest-12')
    resident = startResident(cli.folder, { JWT_SECRET, REDIS_URL: url, REDIS_PREFIX: prefix })
  })

  afterAll(async () => {
    await resident.stop()
    await cli.remove()
  })

  it('lists and ends sessions, and says what cannot be reached', async () => {
    const { access_token }: Pair = parsed(await call('token mint ada --session'))
    const [ended, unreachable] = await Promise.all([
      call('sessions revoke --all ada'),
      call('sessions list ada --timeout 1', '', { REDIS_URL: 'redis://127.0.0.1:9' }),
    ])
    expect(ended).toMatchObject({ code: 0, stdout: '1 session was ended.\n' })
    expect(unreachable).toMatchObject(failed(/has not started within 1 seconds/))
    expect(await call('token verify', access_token)).toMatchObject(refused('token_revoked'))
  })
})
