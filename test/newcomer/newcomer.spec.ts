import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from '../packaging/tarball.js'
import { startProcess } from '../support/app-process.js'
import { run, runCommand } from '../support/run.js'
import { installTarball, makeStarter, type StarterKind, useFastify } from './starter.js'

const starters: (StarterKind & { adapter: 'express' | 'fastify' })[] = [
  { nest: 12, modules: 'esm', adapter: 'express' },
  { nest: 11, modules: 'cjs', adapter: 'express' },
  { nest: 12, modules: 'cjs', adapter: 'fastify' },
]

let outside: string
let tarball: string

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'newcomer-'))
  tarball = (await pack('core', outside)).path
})

afterAll(() => rm(outside, { recursive: true, force: true }))

describe.each(starters)('a new app of Nest $nest, $modules, $adapter', (starter) => {
  let folder: string
  let printed: string
  const nestAdd = () => runCommand('nest', ['add', '@nest-jwt-auth/core', '--skip-install'], folder)

  beforeAll(async () => {
    folder = join(outside, `nest-${starter.nest}-${starter.modules}`)
    await makeStarter(starter, folder)
    if (starter.adapter === 'fastify') await useFastify(folder)
    await installTarball(folder, '@nest-jwt-auth/core', tarball)
    printed = await nestAdd()
    await runCommand('nest', ['build'], folder)
  })

  it('serves a guarded route after three commands and no line written by hand', async () => {
    const app = await startProcess(join(folder, 'dist/main.js'), {}, folder)
    const get = (path: string) => fetch(`http://127.0.0.1:${app.port}${path}`)
    try {
      expect((await get('/auth/me')).status).toBe(401)
      expect(await (await get('/')).text()).toBe('Hello World!')
    } finally {
      await app.stop()
    }
  })

  // The other one needs Node 24.9 for its own tests, before `nest add` as after it.
  const hasTests = starter.nest === 11 || starter.modules === 'esm'
  ;(hasTests ? it : it.skip)('passes its own tests and the new one', async () => {
    await run('npm', ['test'], folder)
    await run('npm', ['run', 'test:e2e'], folder)
  })

  it('says what is left to do', () => {
    expect(printed).toContain('1. Check username and password in src/auth/password.authenticator.ts.')
    expect(printed).not.toContain('2. ')
  })

  it('is not changed by the same command again', async () => {
    const before = await filesOf(folder)
    expect(await nestAdd()).toContain('src/auth/auth.module.ts already sets up JwtAuthModule.')
    expect(await filesOf(folder)).toEqual(before)
  })
})

async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && !/node_modules|dist/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')])),
  )
}
