import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from '@swc/core'
import { childEnvironment, run, workspaceRoot } from '../support/run.js'
import { pack, packageFolder } from '../packaging/tarball.js'

/** How a command ended. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CallOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Piped into the command; otherwise its standard input is empty. */
  readonly input?: string
}

/** A folder in which the packed command is installed, as a user has it. */
export interface InstalledCli {
  readonly folder: string
  /** Runs `nest-jwt-auth` in the folder. */
  call(args: readonly string[], options?: CallOptions): Promise<Outcome>
  remove(): Promise<void>
}

interface Manifest {
  readonly bin: Record<string, string>
  readonly dependencies: Record<string, string>
}

const modules = (folder: string) => join(folder, 'node_modules')

/** Packs the command and installs it in a new folder, without an app. */
export function installCli(): Promise<InstalledCli> {
  return install(async (home, folder) => {
    const { path } = await pack('cli', folder)
    await run('tar', ['-xzf', path, '--strip-components=1', '-C', home])
  })
}

async function install(fill: (home: string, folder: string) => Promise<void>): Promise<InstalledCli> {
  const folder = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-cli-'))
  const home = join(modules(folder), '@nest-jwt-auth', 'cli')
  await mkdir(home, { recursive: true })
  await fill(home, folder)
  const manifest: Manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))
  await linkPackages(folder, Object.keys(manifest.dependencies))
  const bin = join(home, manifest.bin['nest-jwt-auth'] ?? '')
  // As npm does, so that npx finds it.
  await mkdir(join(modules(folder), '.bin'))
  await symlink(bin, join(modules(folder), '.bin/nest-jwt-auth'))
  await chmod(bin, 0o755)
  return {
    folder,
    call: (args, options) => call(bin, args, folder, options),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The versions of Nest that an app can be made on, and how it is built there. */
const NESTS = {
  'nest-12': { from: workspaceRoot, type: 'module', format: 'es6' },
  'nest-11': { from: join(workspaceRoot, 'test/nest-11'), type: 'commonjs', format: 'commonjs' },
} as const

/** Installs the built command, not packed, beside an app of `apps/`, which is built to `dist/app.module.js`. */
export async function installApp(app: string, nest: keyof typeof NESTS): Promise<InstalledCli> {
  const installed = await install((home) => copyPackage('cli', home))
  const { folder } = installed
  const { from, type, format } = NESTS[nest]
  for (const name of ['core', 'sql', 'redis']) {
    await copyPackage(name, join(modules(folder), '@nest-jwt-auth', name))
  }
  await symlink(join(modules(from), '@nestjs'), join(modules(folder), '@nestjs'), 'junction')
  await linkPackages(folder, ['kysely', 'libsql', 'redis', 'reflect-metadata', 'rxjs'])
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'an-app', type }))
  await mkdir(join(folder, 'dist'))
  await writeFile(join(folder, 'dist/app.module.js'), await compiled(app, format))
  return installed
}

async function copyPackage(name: string, home: string): Promise<void> {
  await cp(join(packageFolder(name), 'dist'), join(home, 'dist'), { recursive: true })
  await cp(join(packageFolder(name), 'package.json'), join(home, 'package.json'))
}

async function linkPackages(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await symlink(folderOf(name), join(modules(folder), name), 'junction')
}

/** Of a package of this workspace. */
function folderOf(name: string): string {
  const folders = createRequire(join(workspaceRoot, 'package.json')).resolve.paths(name) ?? []
  return resolve(folders[0] ?? '', name)
}

async function compiled(app: string, type: 'es6' | 'commonjs'): Promise<string> {
  const source = await readFile(fileURLToPath(new URL(`apps/${app}.ts`, import.meta.url)), 'utf8')
  const { code } = await transform(source, {
    swcrc: false,
    module: { type },
    jsc: {
      target: 'es2021',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      keepClassNames: true,
    },
  })
  return code
}

function call(
  bin: string,
  args: readonly string[],
  cwd: string,
  { env = {}, input = '' }: CallOptions = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...childEnvironment, ...env } })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => (written[name] += chunk.toString()))
  }
  // A command that does not read its input may have ended before.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code) => done({ code, ...written }))
  })
}
