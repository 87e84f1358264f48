import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ts } from 'ts-morph'
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
  const dependencies = sorted(without({ '@nest-jwt-auth/core': version, ...json.dependencies }, unused))
  const devDependencies = json.devDependencies && without(json.devDependencies, unused)
  const after = withMember(
    withMember(before, 'dependencies', dependencies),
    'devDependencies',
    devDependencies,
  )
  return after === before ? [] : [{ path, before, after }]
}

/** Sets a member of the object, and leaves all else as it is written. */
function withMember(text: string, name: string, value: Dependencies | undefined): string {
  const json = JSON.parse(text) as Record<string, unknown>
  if (value === undefined || JSON.stringify(json[name]) === JSON.stringify(value)) return text
  const indent = /^[ \t]+/m.exec(text)?.[0] ?? '  '
  const line = `${text.includes('\r\n') ? '\r\n' : '\n'}${indent}`
  const written = JSON.stringify(value, null, indent).replaceAll('\n', line)
  const object = ts.parseJsonText('package.json', text).statements[0]?.expression
  const properties = object && ts.isObjectLiteralExpression(object) ? object.properties : []
  const place = properties.find((one) => one.name && ts.isStringLiteral(one.name) && one.name.text === name)
  const old = place && ts.isPropertyAssignment(place) ? place.initializer : undefined
  if (old !== undefined) return text.slice(0, old.getFullStart()) + ` ${written}` + text.slice(old.getEnd())
  const last = properties.at(-1)
  const at = last?.getEnd() ?? text.indexOf('{') + 1
  const end = last === undefined ? line.slice(0, -indent.length) : ''
  return `${text.slice(0, at)}${last ? ',' : ''}${line}"${name}": ${written}${end}${text.slice(at)}`
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
