import { beforeAll, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { startProcess } from '../support/app-process.js'
import { sendRequest } from '../support/http.js'
import { describeWith } from '../support/services.js'
import { appsOf, codeBlocks, pages, type Sources } from './code-blocks.js'
import { starterMain, useCompiler, whileRunning } from './compiled-apps.js'
import { unknownScriptCalls } from './npm-scripts.js'
import { pasteCurlLines } from './quick-start.js'
import { runnable, stories } from './stories.js'
import { expectSessions, inFreshSchema, withSessions } from './with-sessions.js'

const JWT_SECRET = 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ'

const hasCurl = spawnSync('bash', ['-c', 'command -v curl && command -v sed']).status === 0

const typescript = new Set(['ts', 'typescript'])
const shell = new Set(['sh', 'bash', 'shell', 'console'])

const compiled = useCompiler()

describe.each(pages)('%s', (page) => {
  const blocks = codeBlocks(page)
  const alone = blocks.filter(({ language, path }) => typescript.has(language) && !path)
  const apps = appsOf(page)
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

  for (const { line, code } of alone) {
    it(`the code at line ${line} compiles`, () => compiled(`${page} ${line}`, [['src/block.ts', code]]))
  }

  for (const [name, sources] of apps) {
    if (story && name === '') continue
    it(['the app that it builds compiles', name].join(' '), () => compiled(`${page} ${name}`, sources))
  }

  if (page === 'README.md') {
    describeWith('postgres', 'the quick start with sessions', (url) => {
      it('does what the page says', async () => {
        const sources: Sources = [starterMain, ...parts]
        const app = await compiled(`${page} with sessions`, sources.map(withSessions))
        await inFreshSchema(url, (DATABASE_URL) =>
          whileRunning(app, { JWT_SECRET, DATABASE_URL }, expectSessions),
        )
      })
    })

    it('the app that takes its secret from ConfigService starts', async () => {
      const block = alone.find(({ code }) => code.includes('ConfigService'))
      const sources: Sources = [starterMain, ['src/app.module.ts', block?.code ?? '']]
      const app = await compiled(`${page} with ConfigService`, sources)
      await whileRunning(app, { JWT_SECRET }, async (port) => {
        expect(await sendRequest(port, { path: '/' })).toMatchObject({ status: 404 })
      })
      await expect(startProcess(`${app}/dist/main.js`, {})).rejects.toThrow('JWT_SECRET')
    })
  }

  if (story) {
    describe('the app that it builds', () => {
      let app: string

      beforeAll(async () => {
        app = await compiled(page, runnable(story, parts))
      })

      it.each(story.builds ?? ['dist'])('does what the page says, from %s', async (build) => {
        const { around = (work) => work({}) } = story
        await around((env) => whileRunning(app, { JWT_SECRET, ...env }, story.check, build))
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
