import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, workspaceRoot } from '../support/run.js'

export interface Manifest {
  name: string
  exports: Record<string, unknown>
  files: string[]
  scripts?: Record<string, string>
}

export interface Tarball {
  path: string
  files: string[]
}

interface Packed {
  filename: string
  files: { path: string }[]
}

const packageFolder = (folder: string) => join(workspaceRoot, 'packages', folder)

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(packageFolder(folder), 'package.json'), 'utf8'))
}

export async function pack(folder: string, destination: string): Promise<Tarball> {
  const args = ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', destination]
  const answer: Packed[] | Record<string, Packed> = JSON.parse(await run('npm', args, packageFolder(folder)))
  const [packed] = Object.values(answer)
  if (!packed) throw new Error(`npm packed nothing in packages/${folder}`)
  return { path: join(destination, packed.filename), files: packed.files.map(({ path }) => path).toSorted() }
}

/**
 * What a package publishes: its text files, what lies in the folders that it names, and JavaScript and types for each
 * source, so no output that has lost its source.
 */
export async function expectedFiles(folder: string): Promise<string[]> {
  const sources = await readdir(join(packageFolder(folder), 'src'), { recursive: true })
  const modules = sources
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => `dist/${path.slice(0, -'.ts'.length)}`)
  const built = modules.flatMap((module) => [`${module}.js`, `${module}.d.ts`])
  const folders = manifestOf(folder).files.filter((path) => path !== 'dist' && !path.startsWith('!'))
  const others = await Promise.all(folders.map((path) => readdir(join(packageFolder(folder), path))))
  const asTheyAre = folders.flatMap((path, index) => others[index]?.map((name) => `${path}/${name}`) ?? [])
  return ['LICENSE', 'README.md', 'package.json', ...asTheyAre, ...built].toSorted()
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
