import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { run, workspaceRoot } from '../support/run.js'

export interface StarterKind {
  nest: 11 | 12
  modules: 'esm' | 'cjs'
}

const rootPackages = join(workspaceRoot, 'node_modules')
const newcomerPackages = join(workspaceRoot, 'test/newcomer/node_modules')
/** Where each version finds its packages; a later folder wins. */
const packageFolders = {
  11: [rootPackages, newcomerPackages, join(workspaceRoot, 'test/nest-11/node_modules')],
  12: [rootPackages],
}
const types = new Set(['node', 'express', 'supertest', 'pg', 'jest'])

/** An app as `nest new` makes it, with links to the packages of this workspace instead of an installation. */
export async function makeStarter({ nest, modules }: StarterKind, folder: string): Promise<void> {
  const parent = dirname(folder)
  const packages = nest === 11 ? newcomerPackages : rootPackages
  if (nest === 12 && modules === 'cjs') {
    // Here the command asks at the terminal, and has no option.
    const options = [`--name=${basename(folder)}`, '--type=cjs', '--language=ts']
    await run('node', [bin(packages, 'schematics'), '@nestjs/schematics:application', ...options], parent)
  } else {
    const options = ['--package-manager', 'npm', '--skip-install', '--skip-git']
    await run('node', [bin(packages, 'nest'), 'new', basename(folder), ...options], parent)
  }
  await linkPackages(nest, join(folder, 'node_modules'))
}

/** Unpacks a tarball of this workspace where npm would install it. */
export async function installTarball(folder: string, name: string, tarball: string): Promise<void> {
  const target = join(folder, 'node_modules', name)
  await rm(target, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
}

/** Moves an app to Fastify as Nest's documentation has it. */
export async function useFastify(folder: string): Promise<void> {
  await edit(join(folder, 'package.json'), (text) => text.replace('platform-express', 'platform-fastify'))
  await edit(join(folder, 'src/main.ts'), (text) =>
    text
      .replace(/^/, "import { FastifyAdapter } from '@nestjs/platform-fastify';\n")
      .replace('create(AppModule)', 'create(AppModule, new FastifyAdapter())'),
  )
}

export async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')))
}

const bin = (packages: string, command: string) => join(packages, '.bin', command)

async function linkPackages(nest: 11 | 12, target: string): Promise<void> {
  const links = new Map<string, string>()
  for (const folder of packageFolders[nest]) {
    for (const name of await packagesIn(folder)) links.set(name, join(folder, name))
  }
  if (nest === 11) links.delete('ts-jest')
  for (const [name, source] of links) {
    await mkdir(dirname(join(target, name)), { recursive: true })
    await symlink(source, join(target, name))
  }
  // A copy, so that it finds the TypeScript of the app.
  if (nest === 11) await cp(join(rootPackages, 'ts-jest'), join(target, 'ts-jest'), { recursive: true })
}

async function packagesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  const scoped = names.filter((name) => name.startsWith('@') || name === '.bin')
  const inScopes = await Promise.all(
    scoped.map(async (scope) => (await readdir(join(folder, scope))).map((name) => join(scope, name))),
  )
  const plain = names.filter((name) => !scoped.includes(name) && !name.startsWith('.'))
  return [...plain, ...inScopes.flat()].filter(
    (name) => !name.startsWith('@types/') || types.has(basename(name)),
  )
}
