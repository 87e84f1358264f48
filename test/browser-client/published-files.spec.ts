import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import { workspaceRoot } from '../support/run.js'

const folder = join(workspaceRoot, 'packages/browser/src')
const sources = readdirSync(folder).filter((file) => file.endsWith('.ts'))
const read = (file: string): string => readFileSync(join(folder, file), 'utf8')

/** As the package publishes it: comments and names are all there, nothing is minified. */
function published(file: string): string {
  const { outputText } = ts.transpileModule(read(file), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  })
  return outputText
}

describe('the browser client', () => {
  it('imports nothing but its own files', () => {
    const imports = sources.flatMap((file) => ts.preProcessFile(read(file)).importedFiles)

    expect(imports.length).toBeGreaterThan(0)
    for (const { fileName } of imports) {
      expect(sources.map((file) => `./${file.replace(/\.ts$/, '.js')}`)).toContain(fileName)
    }
  })

  it('is under 3 kB when compressed, before any bundler makes it smaller', () => {
    expect(gzipSync(sources.map(published).join(''), { level: 9 }).length).toBeLessThan(3000)
  })
})
