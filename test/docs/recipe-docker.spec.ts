import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { pack } from '../packaging/tarball.js'
import { freePort } from '../support/free-port.js'
import { sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { run, workspaceRoot } from '../support/run.js'
import { appsOf, codeBlocks } from './code-blocks.js'
import { buildImage, type Image, startImage } from './dockerfile.js'

const page = 'docs/recipe-docker.md'
const dockerfile = codeBlocks(page).find(({ language }) => language === 'dockerfile')?.code ?? ''

/** The versions of this workspace. */
async function versionsOf(...names: string[]): Promise<Record<string, string>> {
  const { default: manifest } = await import(join(workspaceRoot, 'package.json'), { with: { type: 'json' } })
  return Object.fromEntries(names.map((name) => [name, String(manifest.devDependencies[name])]))
}

/** A project as `nest new` lays it out, with the sources of the page and the packed library. */
async function writeProject(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const library = await pack('core', folder)
  const manifest = {
    type: 'module',
    scripts: { build: 'tsc' },
    dependencies: {
      ...(await versionsOf(
        '@nestjs/common',
        '@nestjs/core',
        '@nestjs/platform-express',
        'reflect-metadata',
        'rxjs',
      )),
      '@nest-jwt-auth/core': `file:${library.path}`,
    },
    devDependencies: await versionsOf('typescript', '@types/node'),
  }
  const starter = join(workspaceRoot, 'test/packaging/consumers/nest-12-esm/tsconfig.json')
  const files: [string, string][] = [
    ['package.json', JSON.stringify(manifest)],
    [
      'tsconfig.json',
      JSON.stringify({
        extends: starter,
        compilerOptions: { outDir: 'dist', rootDir: 'src' },
        include: ['src'],
      }),
    ],
    ...(appsOf(page).get('') ?? []),
  ]
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await run('npm', ['install', '--package-lock-only', '--prefer-offline', '--no-audit', '--no-fund'], folder)
}

describe(page, () => {
  let base: string
  let image: Image
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-image-'))
    await chmod(base, 0o755)
    await writeProject(join(base, 'context'))
    image = await buildImage(dockerfile, join(base, 'context'), base)
  })
  afterAll(() => rm(base, { recursive: true, force: true }))

  it('leaves sources and development dependencies behind', async () => {
    const app = join(image.root, image.workdir)
    expect((await readdir(app)).toSorted()).toEqual(['dist', 'node_modules', 'package.json'])
    expect(await readdir(join(app, 'node_modules'))).not.toContain('typescript')
    expect(image.user).toBe('node')
  })

  it('starts without rights, is healthy until it is stopped, and stops at SIGTERM', async () => {
    const port = await freePort()
    const env = { PORT: String(port), JWT_SECRET: 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ' }
    const isHealthy = () =>
      run('sh', ['-c', image.healthCheck], image.root, env).then(
        () => true,
        () => false,
      )
    expect(await isHealthy()).toBe(false)
    const container = startImage(image, env)
    const ended = once(container, 'close')
    let output = ''
    for (const stream of [container.stdout, container.stderr]) {
      stream?.on('data', (text) => (output += String(text)))
    }
    while (!output.includes('successfully started')) {
      if (container.exitCode !== null) throw new Error(output)
      await Promise.race([once(container.stdout!, 'data'), ended])
    }
    while (!(await isHealthy())) expect(container.exitCode).toBe(null)
    expect(await sendRequest(port, { path: '/me' })).toMatchObject(refused(401, 'token_missing'))
    container.kill('SIGTERM')
    await ended
    expect(await isHealthy()).toBe(false)
  })
})
