import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { workspaceRoot } from './run.js'

// The Nest 12 starter's, as a consumer has them.
const starter = new URL('../packaging/consumers/nest-12-esm/tsconfig.json', import.meta.url)
const settings: { compilerOptions: object } = JSON.parse(readFileSync(starter, 'utf8'))

// Most of the work is reading the declarations of Nest, which are the same for every app: test/jest-environment.mjs
// keeps them from one suite to the next.
declare const outside: { readonly declarations: Map<string, ts.SourceFile | undefined> }
const { declarations } = outside

/** Compiles an app's `src` to its `dist`, and gives what the compiler has to say against it. */
export function compileWithTsc(app: string, files: readonly string[]): string {
  const converted = ts.convertCompilerOptionsFromJson(settings.compilerOptions, app)
  const options = { ...converted.options, incremental: false }
  const host = ts.createCompilerHost(options)
  const getSourceFile: typeof host.getSourceFile = (name, ...rest) => {
    if (!name.startsWith(workspaceRoot)) return host.getSourceFile(name, ...rest)
    if (!declarations.has(name)) declarations.set(name, host.getSourceFile(name, ...rest))
    return declarations.get(name)
  }
  const program = ts.createProgram(files, options, { ...host, getSourceFile })
  const diagnostics = [
    ...converted.errors,
    ...ts.getPreEmitDiagnostics(program),
    ...program.emit().diagnostics,
  ]
  return ts.formatDiagnostics(diagnostics, { ...host, getCurrentDirectory: () => app })
}
