import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startProcess } from '../support/app-process.js'
import { sendRequest } from '../support/http.js'
import { compileWithSwc } from '../support/compile-with-swc.js'
import { compileWithTsc } from '../support/compile-with-tsc.js'
import { workspaceRoot } from '../support/run.js'
import { describeWith } from '../support/services.js'
import { codeBlocks, pages } from './code-blocks.js'
import { unknownScriptCalls } from './npm-scripts.js'
import { expectAudited } from './audited.js'
import { expectEnvelopes } from './envelopes.js'
import { expectQuickStart, pasteCurlLines } from './quick-start.js'
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

const hasCurl = spawnSync('bash', ['-c', 'command -v curl && command -v sed']).status === 0

const typescript = new Set(['ts', 'typescript'])
const shell = new Set(['sh', 'bash', 'shell', 'console'])

/** The pages whose app is not only compiled but run, and what it must do. */
const stories: Record<string, ((port: number) => Promise<void>) | undefined> = {
  'README.md': expectQuickStart,
  'docs/errors.md': expectEnvelopes,
  'docs/audit.md': expectAudited,
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

/** Starts what was compiled, and stops it after `work`. */
async function whileRunning(
  app: string,
  env: Record<string, string>,
  work: (port: number) => Promise<void>,
  build = 'dist',
): Promise<void> {
  const running = await startProcess(join(app, build, 'main.js'), env)
  try {
    await work(running.port)
  } finally {
    await running.stop()
  }
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

  for (const { line, code } of blocks.filter(({ language }) => language === 'json')) {
    it(`the JSON at line ${line} is valid`, () => {
      expect(() => JSON.parse(code)).not.toThrow()
    })
  }

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
        await inFreshSchema(url, (DATABASE_URL) =>
          whileRunning(app, { JWT_SECRET, DATABASE_URL }, expectSessions),
        )
      })
    })

    it('the app that takes its secret from ConfigService starts', async () => {
      const block = alone.find(({ code }) => code.includes('ConfigService'))
      const sources: [string, string][] = [
        ['src/main.ts', starterMain],
        ['src/app.module.ts', block?.code ?? ''],
      ]
      const app = await compiled(`${page} with ConfigService`, sources)
      await whileRunning(app, { JWT_SECRET }, async (port) => {
        expect(await sendRequest(port, { path: '/' })).toMatchObject({ status: 404 })
      })
      await expect(startProcess(join(app, 'dist/main.js'), {})).rejects.toThrow('JWT_SECRET')
    })
  }

  if (story) {
    describe('the app that it builds', () => {
      let app: string

      beforeAll(async () => {
        app = await compiled(page, [['src/main.ts', starterMain], ...parts])
      })

      it.each(['dist', 'dist-swc'])('does what the page says, from %s', async (build) => {
        await whileRunning(app, { JWT_SECRET }, story, build)
      })

      if (hasCurl && page === 'README.md') {
        it('answers the curl lines of the page', async () => {
          await whileRunning(app, { JWT_SECRET }, async (port) => {
            expect(await pasteCurlLines(port)).toBe('{"name":"ada"}\n{"message":"Item deleted."}\n')
          })
        })
      }
    })
  }
})

it.each([
  ['the module of the quick start has at most 25 lines of TypeScript', ['src/app.module.ts'], 25],
  ['with its users it has at most 35', ['src/users.ts', 'src/app.module.ts'], 35],
  ['and with sessions at most 45', ['src/users.ts', 'src/app.module.ts', 'src/auth.ts'], 45],
])('%s', (_, files, most) => {
  const blocks = codeBlocks('README.md').filter(({ path }) => path !== undefined && files.includes(path))
  const lines = blocks.flatMap(({ code }) => code.split('\n'))
  const counted = lines.filter((line) => line.trim() !== '' && !line.startsWith('// src/'))
  expect(blocks).toHaveLength(files.length)
  expect(counted.length).toBeLessThanOrEqual(most)
})
