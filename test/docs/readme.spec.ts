import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startProcess } from '../support/app-process.js'
import { compileWithSwc } from '../support/compile-with-swc.js'
import { compileWithTsc } from '../support/compile-with-tsc.js'
import { workspaceRoot } from '../support/run.js'
import { describeWith } from '../support/services.js'
import { codeBlocks, pages } from './code-blocks.js'
import { unknownScriptCalls } from './npm-scripts.js'
import { expectQuickStart } from './quick-start.js'
import { expectSessions, inFreshSchema, withSessions } from './with-sessions.js'

// As `nest new` writes it; a page may leave it out.
const starterMain = `import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module.js'

async function bootstrap() {
  const app = await NestFactory.create(AppModule)
  await app.listen(process.env.PORT ?? 3000)
}
await bootstrap()
`

const JWT_SECRET = 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ'

const typescript = new Set(['ts', 'typescript'])
const shell = new Set(['sh', 'bash', 'shell', 'console'])

/** The pages whose app is not only compiled but run, and what it must do. */
const stories: Record<string, ((port: number) => Promise<void>) | undefined> = {
  'README.md': expectQuickStart,
}

let outside: string

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-docs-'))
  await writeFile(join(outside, 'package.json'), '{ "type": "module" }')
  await symlink(join(workspaceRoot, 'node_modules'), join(outside, 'node_modules'), 'junction')
})

afterAll(() => rm(outside, { recursive: true, force: true }))

/** Compiles the sources of one app with both compilers of the Nest 12 starter, and gives the app's folder. */
async function compiled(name: string, sources: [path: string, code: string][]): Promise<string> {
  const app = join(outside, name.replaceAll(/\W+/g, '-'))
  for (const [path, code] of sources) {
    await mkdir(dirname(join(app, path)), { recursive: true })
    await writeFile(join(app, path), code)
  }
  const files = sources.map(([path]) => join(app, path))
  expect(compileWithTsc(app, files)).toBe('')
  await compileWithSwc(join(app, 'src'), join(app, 'dist-swc'))
  return app
}

describe.each(pages)('%s', (page) => {
  const blocks = codeBlocks(page)
  const alone = blocks.filter(({ language, path }) => typescript.has(language) && !path)
  const parts = blocks.flatMap(({ path, code }) => (path ? [[path, code] as [string, string]] : []))
  const story = stories[page]

  it('names npm scripts that there are', () => {
    const commands = blocks.filter(({ language }) => shell.has(language)).map(({ code }) => code)
    expect(unknownScriptCalls(commands.join('\n'))).toEqual([])
  })

  for (const { line, code } of alone) {
    it(`the code at line ${line} compiles`, () => compiled(`${page} ${line}`, [['src/block.ts', code]]))
  }

  if (!story && parts.length > 0) {
    it('the app that it builds compiles', () => compiled(page, parts))
  }

  if (page === 'README.md') {
    describeWith('postgres', 'the quick start with sessions', (url) => {
      it('does what the page says', async () => {
        const sources: [string, string][] = [['src/main.ts', starterMain], ...parts]
        const app = await compiled(`${page} with sessions`, sources.map(withSessions))
        await inFreshSchema(url, async (DATABASE_URL) => {
          const running = await startProcess(join(app, 'dist/main.js'), { JWT_SECRET, DATABASE_URL })
          try {
            await expectSessions(running.port)
          } finally {
            await running.stop()
          }
        })
      })
    })
  }

  if (story) {
    describe('the app that it builds', () => {
      let app: string

      beforeAll(async () => {
        app = await compiled(page, [['src/main.ts', starterMain], ...parts])
      })

      it.each(['dist', 'dist-swc'])('does what the page says, from %s', async (build) => {
        const running = await startProcess(join(app, build, 'main.js'), { JWT_SECRET })
        try {
          await story(running.port)
        } finally {
          await running.stop()
        }
      })
    })
  }
})

it.each([
  ['the quick start takes at most 25 lines of TypeScript', ['src/app.module.ts'], 25],
  ['and 45 with sessions', ['src/app.module.ts', 'src/auth.ts'], 45],
])('%s', (_, files, most) => {
  const blocks = codeBlocks('README.md').filter(({ path }) => path !== undefined && files.includes(path))
  const lines = blocks.flatMap(({ code }) => code.split('\n'))
  const counted = lines.filter((line) => line.trim() !== '' && !line.startsWith('// src/'))
  expect(blocks).toHaveLength(files.length)
  expect(counted.length).toBeLessThanOrEqual(most)
})
