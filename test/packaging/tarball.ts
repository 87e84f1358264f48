import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { run, workspaceRoot } from '../support/run.js'

export interface Manifest {
  name: string
  exports: Record<string, string | { types: string; default: string }>
  /** The file of each command. */
  bin?: Record<string, string>
  files: string[]
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

export interface Tarball {
  path: string
  files: string[]
}

interface Packed {
  name: string
  filename: string
  files: { path: string }[]
}

export const packageFolder = (folder: string) => join(workspaceRoot, 'packages', folder)

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(packageFolder(folder), 'package.json'), 'utf8'))
}

/** Packs folders of `packages`, all of them by one npm; gives each one's tarball. */
export async function packAll(
  folders: readonly string[],
  destination: string,
): Promise<Map<string, Tarball>> {
  const options = ['--json', '--silent', '--ignore-scripts', '--pack-destination', destination]
  const answer: Packed[] | Record<string, Packed> = JSON.parse(
    await run('npm', ['pack', ...options, ...folders.map(packageFolder)]),
  )
  const packed = new Map(Object.values(answer).map((one) => [one.name, one]))
  return new Map(folders.map((folder) => [folder, tarballOf(folder, packed.get(manifestOf(folder).name))]))

  function tarballOf(folder: string, { filename, files }: Partial<Packed> = {}): Tarball {
    if (!filename || !files) throw new Error(`npm packed nothing in packages/${folder}`)
    return { path: join(destination, filename), files: files.map(({ path }) => path).toSorted() }
  }
}

export async function pack(folder: string, destination: string): Promise<Tarball> {
  const [tarball] = (await packAll([folder], destination)).values()
  if (!tarball) throw new Error(`npm packed nothing in packages/${folder}`)
  return tarball
}

/**
 * What a package publishes: its README, licence and manifest, what lies in the folders that it names, the declarations
 * of each source, and one JavaScript file with its map for each entry point and for what several of them share.
 */
export async function expectedFiles(folder: string): Promise<string[]> {
  const sources = await readdir(join(packageFolder(folder), 'src'), { recursive: true })
  const declarations = sources
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => `dist/${path.slice(0, -'.ts'.length)}.d.ts`)
  const bundles = bundlesOf(folder).flatMap((path) => [path, `${path}.map`])
  const folders = manifestOf(folder).files.filter((path) => path !== 'dist')
  const asTheyAre = (await Promise.all(folders.map((path) => filesBelow(folder, path)))).flat()
  return ['LICENSE', 'README.md', 'package.json', ...asTheyAre, ...declarations, ...bundles].toSorted()
}

async function filesBelow(folder: string, path: string): Promise<string[]> {
  const options = { recursive: true, withFileTypes: true } as const
  const entries = await readdir(join(packageFolder(folder), path), options)
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(packageFolder(folder), join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

/** The entry points of a package by the names that an app imports, without package.json. */
export function entryPointsOf(folder: string): string[] {
  const { name, exports } = manifestOf(folder)
  return Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => join(name, path))
}

/**
 * The JavaScript files of a package: one for each entry point, and one for what they share, if they share anything. A
 * command has as many files as it loads parts later.
 */
export function bundlesOf(folder: string): string[] {
  const { exports, bin } = manifestOf(folder)
  if (bin !== undefined) return scriptsOf(folder)
  const entries = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : target.default.slice('./'.length),
  )
  const shared = 'dist/shared.js'
  return existsSync(join(packageFolder(folder), shared)) ? [...entries, shared] : entries
}

function scriptsOf(folder: string): string[] {
  const files = readdirSync(join(packageFolder(folder), 'dist'))
  return files.filter((file) => file.endsWith('.js')).map((file) => `dist/${file}`)
}

interface Lock {
  packages: Record<string, { dependencies?: Record<string, string>; hasInstallScript?: boolean }>
}

/** The packages with an install script among `name` and all that it depends on, as npm installed them in `project`. */
export async function installScriptsBelow(name: string, project: string): Promise<string[]> {
  const { packages }: Lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8'))
  const tree = new Set([name])
  for (const member of tree) {
    const entry = packages[`node_modules/${member}`]
    if (!entry) throw new Error(`${member} is not at the top of ${project}/node_modules`)
    for (const dependency of Object.keys(entry.dependencies ?? {})) tree.add(dependency)
  }
  return [...tree].filter((member) => packages[`node_modules/${member}`]?.hasInstallScript)
}
