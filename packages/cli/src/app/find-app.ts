import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { CommandError } from '../command.js'

/** Where the user's app is. */
export interface AppLocation {
  /** The absolute path of a JavaScript file. */
  readonly file: string
  /** The export that was asked for. */
  readonly exportName: string | undefined
}

const ROOT_MODULE = /^app\.module\.[cm]?js$/
const TSCONFIGS = ['tsconfig.build.json', 'tsconfig.json']

/** The app that `--app` names, or else the one that is built in the folder `cwd`. Throws a `CommandError`. */
export function findApp(cwd: string, given: string | undefined): AppLocation {
  if (given === undefined) return { file: builtModule(cwd), exportName: undefined }
  // A folder may have a # in its name.
  const [, path = '', exportName] = /^(.*?)(?:#([^#/\\]*))?$/s.exec(given) ?? []
  const file = resolve(cwd, path)
  if (path === '' || exportName === '') throw new CommandError(`--app ${given} is no file or file#Export.`)
  if (/\.[cm]?ts$/.test(path)) {
    throw new CommandError(`${path} is TypeScript. Build the app, and name the JavaScript file in its dist.`)
  }
  if (!existsSync(file))
    throw new CommandError(`There is no file ${file}. Build the app, or name another file.`)
  if (!statSync(file).isFile()) {
    throw new CommandError(
      `${file} is a folder. Name the file of the root module: --app ${join(path, 'app.module.js')}`,
    )
  }
  return { file, exportName }
}

function builtModule(cwd: string): string {
  const folders = [
    ...new Set([...TSCONFIGS.flatMap((name) => outDirOf(join(cwd, name))), resolve(cwd, 'dist')]),
  ]
  const found = [...new Set(folders.flatMap(rootModulesBelow))]
  const [first, ...others] = found
  if (first === undefined) throw new CommandError(notFound(cwd, folders))
  if (others.length === 0) return first
  const calls = found.map((file) => `  --app ${relative(cwd, file)}`)
  throw new CommandError(
    `There are ${found.length} apps in this folder. Name one of them:\n${calls.join('\n')}`,
  )
}

function notFound(cwd: string, folders: readonly string[]): string {
  const searched = folders.map((folder) => relative(cwd, folder)).join(' and ')
  const source = ['src/app.module.ts', 'app.module.ts'].find((path) => existsSync(join(cwd, path)))
  if (source !== undefined) {
    return `The app is not built: there is ${source}, but no app.module.js in ${searched}. Run its build (\`npx nest build\`) first.`
  }
  return (
    `There is no app.module.js in ${searched}. Run this in the folder of a built app, or name its root module: ` +
    '--app <file>[#ExportName]. A bundle of webpack has no such file: build with tsc or swc for it.'
  )
}

function rootModulesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && ROOT_MODULE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(folder, file).includes('node_modules'))
    .toSorted()
}

/** A tsconfig may have comments and trailing commas. One that cannot be read names no folder. */
function outDirOf(tsconfig: string): string[] {
  if (!existsSync(tsconfig)) return []
  const text = readFileSync(tsconfig, 'utf8')
    .replace(
      /("(?:\\.|[^"\\])*")|\/\/.*|\/\*[\s\S]*?\*\//g,
      (_match, string: string | undefined) => string ?? '',
    )
    .replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (_match, string: string | undefined) => string ?? '')
  try {
    const config = JSON.parse(text) as { readonly compilerOptions?: { readonly outDir?: unknown } }
    const outDir = config.compilerOptions?.outDir
    if (typeof outDir !== 'string' || outDir === '') return []
    const folder = dirname(tsconfig)
    const out = resolve(folder, outDir.replace('${configDir}', folder))
    // The search would go through the sources and node_modules too.
    return relative(out, folder).startsWith('..') ? [out] : []
  } catch {
    return []
  }
}
