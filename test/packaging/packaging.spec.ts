import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { compileWithSwc } from '../support/compile-with-swc.js'
import { run, runCommand } from '../support/run.js'
import { startProcess } from '../support/app-process.js'
import { expectGuardedRequests } from './guarded-requests.js'
import {
  entryPointsOf,
  expectedFiles,
  installScriptsBelow,
  manifestOf,
  packAll,
  type Tarball,
} from './tarball.js'

const published = ['core', 'browser', 'redis', 'sql', 'cli']
const consumers = [
  { name: 'nest-12-esm', builds: ['tsconfig.json', 'swc'] },
  { name: 'nest-11-cjs', builds: ['tsconfig.json', 'tsconfig.commonjs.json'] },
]
const adapters = ['express', 'fastify']
const environment = { JWT_SECRET: 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ' }

const consumerFiles = (name: string) => fileURLToPath(new URL(`consumers/${name}`, import.meta.url))
let tarballs: Map<string, Tarball>
let outside: string
/** The folder of each consumer. npm waits for its registry while the tarballs are looked at. */
const installed = new Map<string, Promise<string>>()

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-'))
  tarballs = await packAll(published, outside)
  for (const { name } of consumers) {
    const app = install(name)
    // A failure is one of the consumer that waits for it.
    app.catch(() => {})
    installed.set(name, app)
  }
})

async function install(name: string): Promise<string> {
  const app = join(outside, name)
  await cp(consumerFiles(name), app, { recursive: true })
  await cp(consumerFiles('src'), join(app, 'src'), { recursive: true })
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
  await run('npm', ['install', ...options, ...[...tarballs.values()].map(({ path }) => path)], app)
  return app
}

afterAll(async () => {
  await Promise.allSettled(installed.values())
  await rm(outside, { recursive: true, force: true })
})

describe.each(published)('the tarball of packages/%s', (folder) => {
  const tarball = () => {
    const packed = tarballs.get(folder)
    if (!packed) throw new Error(`packages/${folder} was not packed`)
    return packed
  }

  it('holds one file for each entry point, one that they share, and the types of each source', async () => {
    expect(tarball().files).toEqual(await expectedFiles(folder))
  })

  it('has no fault that publint knows', async () => {
    const { buffer } = new Uint8Array(await readFile(tarball().path))
    expect(await publint({ pack: { tarball: buffer }, strict: true })).toMatchObject({ messages: [] })
  })

  it('has types that resolve for every kind of importer', async () => {
    const checked = await checkPackage(createPackageFromTarballData(await readFile(tarball().path)))
    expect(checked).toMatchObject({ types: { kind: 'included' } })
    const problems = 'problems' in checked ? checked.problems : []
    // ES modules on purpose: CommonJS apps load them by require(esm).
    expect(problems.filter(({ kind }) => kind !== 'CJSResolvesToESM')).toEqual([])
  })
})

describe.each(consumers)('installed in an app: $name', ({ name, builds }) => {
  let app: string

  beforeAll(async () => {
    app = (await installed.get(name)) ?? ''
  })

  it.each(published)(
    'packages/%s brings no install script, nor does anything it depends on',
    async (folder) => {
      expect(await installScriptsBelow(manifestOf(folder).name, app)).toEqual([])
    },
  )

  it.each(published)('every entry point of packages/%s can be imported and required', async (folder) => {
    const paths = entryPointsOf(folder).map((entry) => JSON.stringify(entry))
    // Each in a process of its own: none may need what another one has loaded.
    for (const path of paths)
      await run('node', ['--input-type=module', '--eval', `await import(${path})`], app)
    const required = paths.map((path) => `require(${path})`).join('\n')
    await run('node', ['--input-type=commonjs', '--eval', required], app)
  })

  describe.each(builds)('built with %s', (settings) => {
    const out = `dist-${settings.replaceAll('.', '-')}`

    beforeAll(async () => {
      if (settings === 'swc') await compileWithSwc(join(app, 'src'), join(app, out))
      else await runCommand('tsc', ['-p', settings, '--outDir', out], app)
    })

    it('shares every class between the entry points', async () => {
      const printed = await run('node', [join(out, 'one-copy.js')], app, environment)
      expect(JSON.parse(printed)).toEqual({
        isFakeClockAClock: true,
        isAdmin: true,
        refusedAt: 'token_expired',
        hasSockets: true,
      })
    })

    it.each(adapters)('guards its requests on %s', async (adapter) => {
      const running = await startProcess(join(app, out, 'main.js'), {
        ...environment,
        ADAPTER: adapter,
      })
      try {
        await expectGuardedRequests(running.port)
      } finally {
        await running.stop()
      }
    })
  })
})
