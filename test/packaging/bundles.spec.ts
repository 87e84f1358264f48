import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import { run } from '../support/run.js'
import { bundlesOf, entryPointsOf, manifestOf, packageFolder } from './tarball.js'

const published = ['core', 'browser', 'redis', 'sql', 'cli']
const bundles = published.flatMap((folder) => bundlesOf(folder).map((file) => ({ folder, file })))

/** `@scope/name` of `@scope/name/sub/path`. */
const packageOf = (id: string) => /^(@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? id
const read = (folder: string, file: string) => readFileSync(join(packageFolder(folder), file), 'utf8')

/** The packages that a file imports when it is loaded, and those that it loads by `import()`. */
function importsOf(code: string): { atStart: string[]; later: string[] } {
  const file = ts.createSourceFile('bundle.js', code, ts.ScriptTarget.Latest)
  const atStart = file.statements.flatMap((statement) =>
    (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) && statement.moduleSpecifier
      ? [(statement.moduleSpecifier as ts.StringLiteral).text]
      : [],
  )
  const all = ts.preProcessFile(code).importedFiles.map(({ fileName }) => fileName)
  const isPackage = (id: string) => !/^(node:|\.)/.test(id)
  return {
    atStart: atStart.filter(isPackage),
    later: all.filter((id) => isPackage(id) && !atStart.includes(id)),
  }
}

describe.each(bundles)('the published file packages/$folder/$file', ({ folder, file }) => {
  const code = read(folder, file)
  const map: { sources: string[]; sourcesContent: string[] } & ConstructorParameters<typeof SourceMap>[0] =
    JSON.parse(read(folder, `${file}.map`))

  it('keeps the names of classes', () => {
    expect(code).not.toMatch(/class \w+\$\d/)
  })

  it('is not minified', () => {
    expect(code.length / code.split('\n').length).toBeLessThan(100)
  })

  it('has no comments, and no character that makes Node keep it in two bytes a character', () => {
    expect(code).not.toMatch(/^\s*(\/\*|\/\/(?!# sourceMappingURL=))/m)
    // Only tests load `/testing`, which tries stores with names in many scripts. A command runs for a moment.
    if (!file.includes('testing') && folder !== 'cli') expect(code).not.toMatch(/[^\0-\xff]/)
  })

  it('has a source map that holds the TypeScript sources', () => {
    expect(code).toContain(`//# sourceMappingURL=${file.split('/').at(-1)}.map`)
    const own = map.sources.flatMap((source, at) => {
      const path = join(file, '..', source).replaceAll('\\', '/')
      return path.includes('node_modules') ? [] : [{ path, content: map.sourcesContent[at] }]
    })

    // An entry that only re-exports has no source of its own.
    if (!/^export \{.*\} from '.*';\n\/\//.test(code)) expect(own).not.toEqual([])
    for (const { path, content } of own) {
      expect(path).toMatch(/^src\/.*\.ts$/)
      expect(content).toBe(read(folder, path))
    }
  })

  it('has a source map that leads from each class to the line that declares it', () => {
    const sourceMap = new SourceMap(map)
    const lines = code.split('\n')
    const classes = lines.flatMap((line, at) => {
      const name = /^(?:let \w+ = )?class (\w+)/.exec(line)?.[1]
      return name === undefined ? [] : [{ name, at, column: line.indexOf(name, line.indexOf('class ')) }]
    })

    for (const { name, at, column } of classes) {
      const entry = sourceMap.findEntry(at, column)
      if (!('originalSource' in entry)) throw new Error(`class ${name} is not in the source map`)
      const content = map.sourcesContent[map.sources.indexOf(entry.originalSource)]
      expect(content?.split('\n')[entry.originalLine]).toMatch(new RegExp(`\\bclass ${name}\\b`))
    }
  })
})

describe.each(published)('what packages/%s publishes', (folder) => {
  const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifestOf(folder)

  it('loads nothing from its root but what every app that uses it has', () => {
    const required = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional)
    const allowed = new Set([...Object.keys(dependencies), ...required])
    const files = bundlesOf(folder).filter((file) => ['dist/index.js', 'dist/shared.js'].includes(file))
    const packages = files.flatMap((file) => importsOf(read(folder, file)).atStart)

    expect(packages.filter((id) => !allowed.has(packageOf(id)))).toEqual([])
  })

  it('loads later only what it depends on or declares as an optional peer', () => {
    const packages = bundlesOf(folder).flatMap((file) => importsOf(read(folder, file)).later)

    const allowed = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)])

    expect(packages.filter((id) => !allowed.has(packageOf(id)))).toEqual([])
  })

  it('exports functions and classes from each entry point that know their names', async () => {
    for (const entry of entryPointsOf(folder)) {
      const code = `
      import * as all from ${JSON.stringify(entry)}
      const named = Object.entries(all).filter(([, value]) => typeof value === 'function')
      console.log(JSON.stringify(named.map(([name, { name: own }]) => [name, own])))`
      const names: [string, string][] = JSON.parse(await run('node', ['--input-type=module', '--eval', code]))

      expect(names).not.toEqual([])
      expect(names.filter(([exported, own]) => exported !== own)).toEqual([])
    }
  })
})
