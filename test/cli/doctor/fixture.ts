import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll } from '@jest/globals'
import { transform } from '@swc/core'
import { SECRET } from '../../support/forge.js'
import { workspaceRoot } from '../../support/run.js'
import { type Resident, startResident } from '../resident.js'

/** A finding, as `--json` prints it. */
export interface Finding {
  code: string
  severity: string
  at: string
  what: string
  why: string
  fix: { where: string; write: string }
}

export interface Run {
  code: unknown
  out: string
  err: string
  /** With `--json`. */
  findings: Finding[]
  notChecked: { what: string; because: string }[]
  codes: string[]
}

/** The source of a root module. Each part goes where its name says. */
export interface AppParts {
  options?: string
  /** Statements before the module. */
  code?: string
  /** Of the controller of the app, above its class and in it. */
  aboveController?: string
  handlers?: string
  imports?: string
  providers?: string
}

export function appSource({
  options = '',
  code = '',
  aboveController = '',
  handlers = '',
  imports = '',
  providers = '',
}: AppParts) {
  return `
import { CacheInterceptor } from '@nestjs/cache-manager'
import { Controller, Delete, Get, Header, Injectable, Module, Post, UseGuards, UseInterceptors } from '@nestjs/common'
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core'
import { InMemorySessionStore, JwtAuthModule, JwtGuard, KeyStore, Public, SessionStore } from '@nest-jwt-auth/core'

${code}

${aboveController}
@Controller('items')
class ItemsController {
  @Get('mine') @UseGuards(JwtGuard) mine() { return [] }
  ${handlers}
}

@Module({
  imports: [JwtAuthModule.forRoot({ ${/secret|keys|keyRotation/.test(options) ? '' : `secret: '${SECRET}', refreshToken: false,`} ${options} }), ${imports}],
  controllers: [ItemsController],
  providers: [${providers}],
})
export class AppModule {}
`
}

/** The packages that the root of an app depends on. */
const DEPENDENCIES = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nest-jwt-auth/core',
  'reflect-metadata',
  'rxjs',
]

export interface AppFolderOptions {
  /** More of package.json. */
  manifest?: Record<string, unknown>
  /** Other files, by their path. */
  files?: Record<string, string>
  /** Installs what the app needs; by default a link to the packages of this workspace. */
  install?: (nodeModules: string) => Promise<void>
}

/** For one spec file: apps outside of the repository, and one process that examines them. */
export function useDoctor() {
  let outside = ''
  let doctor: Resident
  let count = 0

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-doctor-'))
    doctor = startResident(outside, environment)
  })

  afterAll(async () => {
    await doctor.stop()
    await rm(outside, { recursive: true, force: true })
  })

  /** Variables that the process must have from its start. */
  const environment: Record<string, string> = {}

  /** Writes an app with its built root module, and returns its folder. */
  async function makeApp(source: string, { manifest, files = {}, install = linkAll }: AppFolderOptions = {}) {
    const folder = join(outside, `app-${++count}`)
    const dependencies = Object.fromEntries(DEPENDENCIES.map((name) => [name, '*']))
    const all = {
      'package.json': JSON.stringify({ name: 'app', type: 'module', dependencies, ...manifest }),
      'dist/app.module.js': await compile(source),
      ...files,
    }
    for (const [path, text] of Object.entries(all)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    await install(join(folder, 'node_modules'))
    return folder
  }

  async function run(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
    const outcome = await doctor.call(cwd, ['doctor', '--json', ...args], { env })
    const { code, stdout: out, stderr: err } = outcome
    const report = out.startsWith('{') ? (JSON.parse(out) as Pick<Run, 'findings' | 'notChecked'>) : undefined
    const { findings = [], notChecked = [] } = report ?? {}
    return {
      code,
      out,
      err,
      findings,
      notChecked,
      codes: [...new Set(findings.map((finding) => finding.code))],
    }
  }

  /** Without `--json`: what it prints. */
  async function runInWords(cwd: string, args: readonly string[]): Promise<string> {
    const { stdout } = await doctor.call(cwd, ['doctor', ...args])
    return stdout
  }

  /** Examines an app of one source. */
  async function examine(source: string, args: readonly string[] = [], options: AppFolderOptions = {}) {
    return run(await makeApp(source, options), args)
  }

  return { makeApp, run, runInWords, examine, environment }
}

/** As `nest build -b swc` does. */
export async function compile(source: string): Promise<string> {
  const { code } = await transform(source, {
    swcrc: false,
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      keepClassNames: true,
    },
  })
  return code
}

const workspaceModules = join(workspaceRoot, 'node_modules')

const linkAll = (nodeModules: string) => symlink(workspaceModules, nodeModules, 'junction')

/** Installs links to single packages, each from a folder of packages, and copies of others. */
export async function installPackages(
  nodeModules: string,
  links: Record<string, string>,
  copies: readonly string[] = [],
): Promise<void> {
  for (const [name, from] of Object.entries(links)) {
    await mkdir(dirname(join(nodeModules, name)), { recursive: true })
    await symlink(join(from, name), join(nodeModules, name), 'junction')
  }
  for (const name of copies) {
    const source = join(workspaceRoot, 'packages', name.replace('@nest-jwt-auth/', ''))
    for (const entry of ['package.json', 'dist']) {
      await cp(join(source, entry), join(nodeModules, name, entry), { recursive: true })
    }
  }
}

/** Links to everything in this workspace, but not to the packages of these scopes. */
export async function workspaceLinks(without: readonly string[]): Promise<Record<string, string>> {
  const names = await readdir(workspaceModules)
  return Object.fromEntries(
    names
      .filter((name) => !name.startsWith('.') && !without.includes(name))
      .map((name) => [name, workspaceModules]),
  )
}
