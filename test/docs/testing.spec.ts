import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { run, workspaceRoot } from '../support/run.js'
import { appsOf, codeBlocks } from './code-blocks.js'

const page = 'docs/testing.md'
const env = { JWT_SECRET: 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ' }
const starter = new URL('../packaging/consumers/nest-12-esm/tsconfig.json', import.meta.url)
const settings = JSON.parse(readFileSync(starter, 'utf8')) as { compilerOptions: object }

const installed = (name: string) => join(workspaceRoot, 'node_modules', name)

describe(page, () => {
  let outside: string
  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-testing-'))
  })
  afterAll(() => rm(outside, { recursive: true, force: true }))

  /** An app with the files of the page. Gives its folder. */
  async function write(name: string, manifest: object, tsconfig: object, edit = (code: string) => code) {
    const app = join(outside, name)
    await mkdir(join(app, 'src'), { recursive: true })
    for (const [path, code] of appsOf(page).get('') ?? []) await writeFile(join(app, path), edit(code))
    await writeFile(join(app, 'package.json'), JSON.stringify(manifest))
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify(tsconfig))
    return app
  }

  it('passes under vitest', async () => {
    const app = await write('vitest', { type: 'module' }, settings)
    await symlink(installed(''), join(app, 'node_modules'), 'junction')
    const output = await run('node', [installed('vitest/vitest.mjs'), 'run', '--root', app], app, env)
    expect(output).toMatch(/Tests .*4 passed/)
  })

  it('passes under jest with ts-jest, as CommonJS on Nest 11, with the settings of the page', async () => {
    const jest = codeBlocks(page).find(({ language }) => language === 'json')?.code ?? ''
    const compilerOptions = { ...settings.compilerOptions, allowJs: true, types: ['node', 'jest'] }
    const app = await write('jest', {}, { compilerOptions }, (code) =>
      code.replace(/^import .* from 'vitest'\n/m, '').replaceAll(".js'", "'"),
    )
    await writeFile(join(app, 'jest.config.json'), jest)
    await installForNest11(join(app, 'node_modules'))
    const args = [installed('jest/bin/jest.js'), '--config', 'jest.config.json', '--no-cache', '-w', '1']
    // jest writes to stderr, and fails where a test does.
    await run('node', args, app, env)
  })

  it('has the pattern that `nest add` writes', () => {
    const pattern = /"transformIgnorePatterns": \["(.+)"\]/.exec(
      readFileSync(join(workspaceRoot, page), 'utf8'),
    )?.[1]
    const schematic = join(workspaceRoot, 'packages/core/schematics/nest-add/jest-settings.cjs')
    expect(readFileSync(schematic, 'utf8')).toContain(`'${pattern}'`)
  })
})

/** Our package and jose as npm installs them, not as links, so that `transformIgnorePatterns` sees their real paths. */
async function installForNest11(folder: string): Promise<void> {
  await mkdir(folder)
  for (const name of await readdir(installed(''))) {
    if (/^(@nest|@nest-jwt-auth|jose|\.)/.test(name)) continue
    await symlink(installed(name), join(folder, name), 'junction')
  }
  await symlink(join(workspaceRoot, 'test/nest-11/node_modules/@nestjs'), join(folder, '@nestjs'), 'junction')
  await cp(installed('jose'), join(folder, 'jose'), { recursive: true })
  const core = join(folder, '@nest-jwt-auth/core')
  for (const part of ['package.json', 'dist']) {
    await mkdir(dirname(join(core, part)), { recursive: true })
    await cp(join(workspaceRoot, 'packages/core', part), join(core, part), { recursive: true })
  }
}
