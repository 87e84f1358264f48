import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { workspaceRoot } from './run.js'

// The Nest 12 starter's, as a consumer has them.
const starter = new URL('../packaging/consumers/nest-12-esm/tsconfig.json', import.meta.url)
const settings: { compilerOptions: object } = JSON.parse(readFileSync(starter, 'utf8'))

// Most of the work is finding and reading the declarations of Nest, which are the same for every app:
// test/jest-environment.mjs keeps them from one suite to the next.
declare const outside: {
  readonly declarations: Map<string, ts.SourceFile | undefined>
  resolutions?: ts.ModuleResolutionCache
}
const { declarations } = outside
const resolutions = (outside.resolutions ??= ts.createModuleResolutionCache(workspaceRoot, (name) => name))

/** Compiles an app's `src` to its `dist`, and gives what the compiler has to say against it. */
export function compileWithTsc(app: string, files: readonly string[]): string {
  const converted = ts.convertCompilerOptionsFromJson(settings.compilerOptions, app)
  const options = { ...converted.options, incremental: false }
  const base = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...base,
    getSourceFile: (name, ...rest) => {
      if (!name.startsWith(workspaceRoot)) return base.getSourceFile(name, ...rest)
      if (!declarations.has(name)) declarations.set(name, base.getSourceFile(name, ...rest))
      return declarations.get(name)
    },
    // As tsc reads declarations: most of their text is comments.
    jsDocParsingMode: ts.JSDocParsingMode.ParseForTypeErrors,
    // Keeps what is in each package.json, which would be read again for each file of each program.
    getModuleResolutionCache: () => resolutions,
    resolveModuleNameLiterals: (literals, file, redirect, own, source) => {
      const cache = file.startsWith(workspaceRoot) ? resolutions : undefined
      return literals.map((literal) => {
        const mode = ts.getModeForUsageLocation(source, literal, own)
        return ts.resolveModuleName(literal.text, file, own, base, cache, redirect, mode)
      })
    },
  }
  const program = ts.createProgram(files, options, host)
  const diagnostics = [
    ...converted.errors,
    ...ts.getPreEmitDiagnostics(program),
    ...program.emit().diagnostics,
  ]
  return ts.formatDiagnostics(diagnostics, { ...host, getCurrentDirectory: () => app })
}
