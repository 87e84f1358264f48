import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { TEST } from './list-rest.js'
import type { Rest } from './rest.js'
import { FORMER, isTest } from './survey.js'

/** A source file of the same package that the tsconfig.json does not cover, such as one of another app. */
export interface OtherSource {
  readonly path: string
  readonly text: string
}

const NOT_SOURCES = new Set(['node_modules', 'dist', 'build', 'coverage'])

/** All source files in a folder, without those that are `known`, by their paths with `/`, and those that are compiled. */
export function otherSources(
  folder: string,
  known: ReadonlySet<string>,
  compiled: string | undefined,
): OtherSource[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    const name = asTypeScript(path)
    if (entry.isDirectory()) {
      const isSkipped = NOT_SOURCES.has(entry.name) || entry.name.startsWith('.') || name === compiled
      return isSkipped ? [] : otherSources(path, known, compiled)
    }
    const isSource = entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name) && !known.has(name)
    return isSource ? [{ path, text: readFileSync(path, 'utf8') }] : []
  })
}

/** As the compiler writes a path. */
const asTypeScript = (path: string) => path.split(sep).join('/')

/** Whether a source names a package as a string, as in an import, `require` or `jest.mock`. */
export const namesPackage = (text: string, name: string): boolean =>
  [`'${name}'`, `"${name}"`, `\`${name}\``].some((one) => text.includes(one))

/** Lists what still uses the former code and was not read. */
export function listOtherSources(others: readonly OtherSource[], root: string, rest: Rest): void {
  for (const { path, text } of others) {
    const used = FORMER.filter((name) => namesPackage(text, name))
    const place = asTypeScript(relative(root, path))
    if (used.length === 0) continue
    if (!place.startsWith('../') && isTest(asTypeScript(path), root)) {
      rest.add('todo', place, ...TEST)
      continue
    }
    const names = used.map((name) => `\`${name}\``).join(' and ')
    const write =
      'If it is part of this app, name a tsconfig.json that covers it with `--project`. If it is part of another app, run this command there too.'
    rest.add(
      'may',
      place,
      `This file uses ${names}, and was not read; package.json keeps what it needs.`,
      write,
    )
  }
}
