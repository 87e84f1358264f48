import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { cp, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileWithSwc } from '../support/compile-with-swc.js'
import { compileWithTsc } from '../support/compile-with-tsc.js'
import { run, workspaceRoot } from '../support/run.js'

// The files of test/types hold what must compile, and, behind expectations of an error, what must not.
describe("an app's types, with the settings of the Nest 12 starter", () => {
  let app: string
  let files: string[]

  beforeAll(async () => {
    app = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-types-'))
    await cp(join(workspaceRoot, 'test/types'), join(app, 'src'), { recursive: true })
    await writeFile(join(app, 'package.json'), '{ "type": "module" }')
    await symlink(join(workspaceRoot, 'node_modules'), join(app, 'node_modules'), 'junction')
    files = (await readdir(join(app, 'src'))).filter((file) => file.endsWith('.ts'))
  })

  afterAll(() => rm(app, { recursive: true, force: true }))

  it('are as tsc sees them', () => {
    const sources = files.map((file) => join(app, 'src', file))

    expect(files).toEqual(expect.arrayContaining(['must-compile.ts', 'must-not-compile.ts']))
    expect(compileWithTsc(app, sources)).toBe('')
  })

  it.each([
    ['tsc', 'dist'],
    ['swc', 'dist-swc'],
  ])('leave modules that load when %s compiled them', async (compiler, out) => {
    if (compiler === 'swc') await compileWithSwc(join(app, 'src'), join(app, out))
    else
      compileWithTsc(
        app,
        files.map((file) => join(app, 'src', file)),
      )

    for (const file of files.filter((name) => name.endsWith('must-compile.ts'))) {
      const compiled = `./${out}/${file.replace(/\.ts$/, '.js')}`
      const load = `console.log(Object.keys(await import('${compiled}')).length > 0)`
      expect(await run('node', ['--input-type=module', '--eval', load], app)).toBe('true\n')
    }
  })
})
