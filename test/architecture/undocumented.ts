import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { workspaceRoot } from '../support/run.js'

/** The source files of what a package publishes: its root and its sub-paths, as its `exports` name them. */
export function publishedEntries(packageFolder: string): string[] {
  const folder = join(workspaceRoot, 'packages', packageFolder)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>
  }
  return Object.values(manifest.exports)
    .filter((entry) => typeof entry !== 'string')
    .map(({ types }) => join(folder, types.replace('./dist/', 'src/').replace('.d.ts', '.ts')))
}

/**
 * The names that the entries export without a doc comment, and the members without one of what an app writes itself:
 * options, the input of a port, and abstract methods.
 */
export function undocumented(entries: string[]): string[] {
  const program = ts.createProgram(entries, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    experimentalDecorators: true,
    types: ['node'],
  })
  const checker = program.getTypeChecker()
  const lacksComment = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length === 0
  return entries.flatMap((entry) => {
    const file = program.getSourceFile(entry)
    const module = file && checker.getSymbolAtLocation(file)
    if (module === undefined) throw new Error(`${entry} is no module.`)
    return checker.getExportsOfModule(module).flatMap((exported) => {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported
      const members = [...(symbol.members?.values() ?? [])].filter((member) =>
        isForApps(member, exported.name),
      )
      const missing = members.filter(lacksComment).map((member) => `${exported.name}.${member.name}`)
      if (lacksComment(symbol)) missing.unshift(exported.name)
      return missing
    })
  })
}

function isForApps(member: ts.Symbol, owner: string): boolean {
  const { declarations: [declaration] = [] } = member
  if (declaration === undefined || ts.isTypeParameterDeclaration(declaration)) return false
  const isAbstract = (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Abstract) !== 0
  return isAbstract || /(Options|Extras|EndpointRoutes|LoginRoute|Input|Credentials|Storage)$/.test(owner)
}
