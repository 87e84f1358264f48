import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ChangedFile } from './source-edits.js'

/** The `package.json` that a folder belongs to. */
export function findPackageJson(folder: string): string | undefined {
  const path = join(folder, 'package.json')
  if (existsSync(path)) return path
  const parent = dirname(folder)
  return parent === folder ? undefined : findPackageJson(parent)
}

/** What goes where nothing imports the first of them. */
const TOGETHER: Readonly<Record<string, readonly string[]>> = {
  '@nestjs/jwt': ['@nestjs/jwt'],
  'passport-jwt': ['passport-jwt', '@types/passport-jwt'],
  '@nestjs/passport': ['@nestjs/passport', 'passport', '@types/passport'],
}

/** Adds the dependency on the core, and removes those that nothing imports any more. */
export function rewritePackageJson(
  path: string,
  version: string,
  isImported: (module: string) => boolean,
): ChangedFile[] {
  const before = readFileSync(path, 'utf8')
  const json = JSON.parse(before) as PackageJson
  const unused = Object.entries(TOGETHER).flatMap(([module, names]) =>
    [module, ...names].some((name) => isImported(name)) ? [] : names,
  )
  const dependencies = { '@nest-jwt-auth/core': version, ...json.dependencies }
  const after = {
    ...json,
    dependencies: sorted(without(dependencies, unused)),
    ...(json.devDependencies && { devDependencies: without(json.devDependencies, unused) }),
  }
  const indent = /^[ \t]+/m.exec(before)?.[0] ?? '  '
  const text = JSON.stringify(after, null, indent) + (before.endsWith('\n') ? '\n' : '')
  return text === before ? [] : [{ path, before, after: text }]
}

interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

type Dependencies = Readonly<Record<string, string>>

const without = (dependencies: Dependencies, names: readonly string[]): Dependencies =>
  Object.fromEntries(Object.entries(dependencies).filter(([name]) => !names.includes(name)))

const sorted = (dependencies: Dependencies): Dependencies =>
  Object.fromEntries(Object.entries(dependencies).toSorted(([one], [other]) => (one < other ? -1 : 1)))
