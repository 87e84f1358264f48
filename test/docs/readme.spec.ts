import { beforeAll, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import ts from 'typescript'
import { startProcess } from '../support/app-process.js'
import { describeWith } from '../support/services.js'
import { codeBlocks, pages, type Sources } from './code-blocks.js'
import { starterMain, useCompiler, whileRunning } from './compiled-apps.js'
import { unknownScriptCalls } from './npm-scripts.js'
import { pasteCurlLines } from './quick-start.js'
import { expectOwnRoutes } from './same-origin.js'
import { runnable, sourcesOf, type Story, stories } from './stories.js'

const JWT_SECRET = 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ'

const hasCurl = spawnSync('bash', ['-c', 'command -v curl && command -v sed']).status === 0

const typescript = new Set(['ts', 'typescript'])
const shell = new Set(['sh', 'bash', 'shell', 'console'])

const compiled = useCompiler()

describe.each(pages)('%s', (page) => {
  const blocks = codeBlocks(page)
  const alone = blocks.filter(({ language, path }) => typescript.has(language) && !path)
  const apps = sourcesOf(page)
  const parts = apps.get('') ?? []
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

  for (const { line, code } of blocks.filter(({ language }) => language === 'js')) {
    it(`the JavaScript at line ${line} can be parsed`, () => {
      const { diagnostics } = ts.transpileModule(code, { fileName: 'block.js', reportDiagnostics: true })
      expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([])
    })
  }

  for (const { line, code } of alone) {
    it(`the code at line ${line} compiles`, () => compiled(`${page} ${line}`, [['src/block.ts', code]]))
  }

  for (const [name, sources] of apps) {
    if (story && name === '') continue
    it(['the app that it builds compiles', name].join(' '), () => compiled(`${page} ${name}`, sources))
  }

  if (story) {
    const tests = () => describeApp(page, story, parts)
    if (story.needs === undefined) describe('the app that it builds', tests)
    else describeWith(story.needs, 'the app that it builds', tests)
  }
})

function describeApp(page: string, story: Story, parts: Sources): void {
  const { around = (work) => work({}), builds = ['dist'], check, prints } = story
  let app: string

  beforeAll(async () => {
    app = await compiled(page, runnable(story, parts))
  })

  it.each(builds)('does what the page says, from %s', async (build) => {
    const work = async (port: number) => {
      await check(port)
      if (hasCurl && prints !== undefined) expect(await pasteCurlLines(page, port)).toMatch(prints)
    }
    await around((env) => whileRunning(app, { JWT_SECRET, ...env }, work, build))
  })
}

it('the quick start that takes its secret from ConfigService starts, or names the missing variable', async () => {
  const page = 'docs/quick-start.md'
  const sources = sourcesOf(page).get('with-config') ?? []
  const app = await compiled(`${page} started with-config`, [starterMain, ...sources])
  await whileRunning(app, { JWT_SECRET }, stories[page]?.check ?? (() => Promise.reject(new Error(page))))
  await expect(startProcess(`${app}/dist/main.js`, {})).rejects.toThrow('JWT_SECRET')
})

it('the app with routes of its own that set the cookies does what the page says', async () => {
  const page = 'docs/browser-same-origin.md'
  const sources = sourcesOf(page).get('own-routes') ?? []
  const app = await compiled(`${page} started own-routes`, [starterMain, ...sources])
  await whileRunning(app, { JWT_SECRET }, expectOwnRoutes)
})

it.each([
  [
    'the module of the quick start has at most 25 lines of TypeScript',
    'README.md',
    ['src/app.module.ts'],
    25,
  ],
  ['with its users it has at most 35', 'README.md', ['src/users.ts', 'src/app.module.ts'], 35],
  ['the full life cycle has at most 25', 'docs/refresh-and-logout.md', ['src/auth.ts'], 25],
  ['and so has the one on a database', 'docs/sessions.md', ['src/auth.ts'], 25],
])('%s', (_, page, files, most) => {
  const blocks = codeBlocks(page).filter(({ path }) => path !== undefined && files.includes(path))
  const lines = blocks.flatMap(({ code }) => code.split('\n'))
  const counted = lines.filter((line) => line.trim() !== '' && !line.startsWith('// src/'))
  expect(blocks).toHaveLength(files.length)
  expect(counted.length).toBeLessThanOrEqual(most)
})
