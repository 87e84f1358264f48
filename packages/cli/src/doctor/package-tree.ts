import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly engines?: { readonly node?: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A package as it is installed in one folder. */
export interface InstalledPackage {
  readonly name: string
  readonly version: string
  /** The real path, so that links to one folder are one package. */
  readonly folder: string
  /** The name of the package that was found to load it first; `undefined`: the app. */
  readonly usedBy: string | undefined
  readonly manifest: Manifest
}

/**
 * The packages that the app in `root` can load: its dependencies and theirs, each found as Node.js finds it. Development
 * dependencies do not count, and what is not installed is left out.
 */
export function installedPackages(root: string): readonly InstalledPackage[] {
  const found = new Map<string, InstalledPackage>()
  const queue: { folder: string; usedBy: string | undefined }[] = [
    { folder: realpathSync(root), usedBy: undefined },
  ]
  for (const { folder, usedBy } of queue) {
    const user = readManifest(folder)
    for (const name of dependenciesOf(user)) {
      const at = findPackage(name, folder)
      if (at === undefined || found.has(at)) continue
      const manifest = readManifest(at)
      found.set(at, { name, version: manifest.version ?? '', folder: at, usedBy, manifest })
      queue.push({ folder: at, usedBy: manifest.name ?? name })
    }
  }
  return [...found.values()]
}

/** The folder of the package that a file belongs to; `undefined`: it belongs to none. */
export function packageFolderOf(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    // The package.json in a `dist` folder often says only `type`.
    if (existsSync(join(folder, 'package.json')) && readManifest(folder).name !== undefined) return folder
    if (dirname(folder) === folder) return undefined
  }
}

function dependenciesOf({ dependencies, optionalDependencies, peerDependencies }: Manifest): string[] {
  return Object.keys({ ...peerDependencies, ...optionalDependencies, ...dependencies })
}

function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (dirname(folder) === folder) return undefined
  }
}

/** Empty where it cannot be read: a check must not fail because of a package that it does not look for. */
function readManifest(folder: string): Manifest {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) ?? {}) as Manifest
  } catch {
    return {}
  }
}
