import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import ts from 'typescript'
import { workspaceRoot } from '../support/run.js'

/** One import (or re-export) of a source file, type imports included. */
export interface Import {
  /** The importing file, relative to its package's `src`. */
  from: string
  /** A file relative to the same `src`, or the name of a package. */
  to: string
  isOwnFile: boolean
  /** Nothing of it is left at run time. */
  isTypeOnly: boolean
}

/** All imports of the sources of a package: static, dynamic, re-exports and `import('…')` types. */
export function importsOf(packageFolder: string): Import[] {
  const src = join(workspaceRoot, 'packages', packageFolder, 'src')
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  return files
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => importsIn(path, readFileSync(join(src, path), 'utf8')))
}

function importsIn(from: string, text: string): Import[] {
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier !== undefined) {
      const isOwnFile = specifier.startsWith('.')
      const to = isOwnFile ? join(dirname(from), specifier).replace(/\.js$/, '.ts') : specifier
      found.push({ from, to, isOwnFile, isTypeOnly: isTypeOnly(node) })
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(from, text, ts.ScriptTarget.Latest))
  return found
}

function specifierOf(node: ts.Node): string | undefined {
  let specifier: ts.Node | undefined
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specifier = node.moduleSpecifier
  else if (ts.isImportTypeNode(node))
    specifier = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
  else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    [specifier] = node.arguments
  return specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true
  if (ts.isExportDeclaration(node)) return node.isTypeOnly || allTypes(node.exportClause)
  if (!ts.isImportDeclaration(node) || !node.importClause) return false
  const { phaseModifier, name, namedBindings } = node.importClause
  if (phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  return name === undefined && allTypes(namedBindings)
}

function allTypes(bindings: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (!bindings || !('elements' in bindings) || bindings.elements.length === 0) return false
  return bindings.elements.every(({ isTypeOnly }) => isTypeOnly)
}
