import { beforeAll, describe, expect, it } from '@jest/globals'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '../support/app-process.js'
import { sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { run } from '../support/run.js'
import { appsOf, codeBlocks } from './code-blocks.js'
import { starterMain, useCompiler } from './compiled-apps.js'

const page = 'docs/recipe-bundling.md'
const compiled = useCompiler()
const env = { JWT_SECRET: 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ' }

const blockOf = (name: string) =>
  codeBlocks(page).find(({ code }) => code.startsWith(`// ${name}`))?.code ?? ''

/** Builds with a config file, as the command-line tools of both bundlers do. */
const buildWith = (bundler: string, exported: string) => `
import config from './webpack.config.mjs'
import { ${exported} as pack } from '${bundler}'
pack(config, (error, stats) => {
  if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString())
  console.log(stats.toString({ all: false, warnings: true }))
})`

const [minified, named] = ['minify: true', 'keepNames: true']
interface Bundling {
  bundler: string
  file: string
  tool?: string
  edit?: Record<string, string>
  names: boolean
}

const bundlers: Bundling[] = [
  { bundler: 'esbuild', file: 'bundle.mjs', edit: {}, names: true },
  { bundler: 'esbuild, names lost', file: 'bundle.mjs', edit: { [named]: 'keepNames: false' }, names: false },
  {
    bundler: 'esbuild, not minified',
    file: 'bundle.mjs',
    edit: { [minified]: 'minify: false' },
    names: true,
  },
  // Not minified: terser needs most of a minute. Rspack reads the same file, and is tried both ways.
  {
    bundler: 'webpack, not minified',
    file: 'webpack.config.mjs',
    tool: buildWith('webpack', 'default'),
    edit: { 'minimize: true': 'minimize: false' },
    names: true,
  },
  {
    bundler: '@rspack/core',
    file: 'webpack.config.mjs',
    tool: buildWith('@rspack/core', 'rspack'),
    names: false,
  },
  {
    bundler: '@rspack/core, not minified',
    file: 'webpack.config.mjs',
    tool: buildWith('@rspack/core', 'rspack'),
    edit: { 'minimize: true': 'minimize: false' },
    names: true,
  },
]

async function expectSignIn(port: number): Promise<void> {
  const post = (path: string, body: object) => sendRequest(port, { method: 'POST', path, body })
  const login = await post('/auth/login', { username: 'ada', password: 'first-engine' })
  const { access_token, refresh_token } = JSON.parse(login.text) as Record<string, string>
  const greeting = (token?: string) =>
    sendRequest(port, { path: '/greeting', headers: token ? [['authorization', `Bearer ${token}`]] : [] })
  expect(await greeting(access_token)).toMatchObject({ status: 200, body: { greeting: 'Hello, ada.' } })
  expect(await greeting()).toMatchObject(refused(401, 'token_missing'))
  expect(await greeting(refresh_token)).toMatchObject(refused(401, 'token_wrong_type'))
  expect(await post('/auth/refresh', { refresh_token })).toMatchObject({ status: 200 })
}

describe(page, () => {
  let app: string
  beforeAll(async () => {
    app = await compiled(page, [starterMain, ...(appsOf(page).get('') ?? [])])
  })

  it.each(bundlers)('the bundle of $bundler signs in and guards, alone in a folder', async (how) => {
    const { file, tool, edit = {}, names } = how
    let code = blockOf(file)
    for (const [from, to] of Object.entries(edit)) {
      expect(code).toContain(from)
      code = code.replace(from, to)
    }
    await writeFile(join(app, file), code)
    if (tool) await writeFile(join(app, 'tool.mjs'), tool)
    expect((await run('node', [tool ? 'tool.mjs' : file], app)).trim()).toBe('')

    const alone = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-bundle-'))
    await cp(join(app, 'bundle'), join(alone, 'bundle'), { recursive: true })
    const running = await startProcess(join(alone, 'bundle/main.mjs'), env)
    try {
      await expectSignIn(running.port)
    } finally {
      await running.stop()
    }
    const bundle = await readFile(join(alone, 'bundle/main.mjs'), 'utf8')
    expect(/class AppController\b|"AppController"/.test(bundle)).toBe(names)
    await rm(alone, { recursive: true })
    await rm(join(app, 'bundle'), { recursive: true })
  })
})
