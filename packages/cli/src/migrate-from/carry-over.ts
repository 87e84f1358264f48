import { Node, type SourceFile, ts } from 'ts-morph'
import type { SourceEdits } from './source-edits.js'
import { symbolOf } from './symbols.js'

/**
 * Makes the names of an expression or a type known in another file, by the imports that it has in its own. `false` where
 * one of them is local there.
 */
export function carryNames(node: Node, to: SourceFile, edits: SourceEdits): boolean {
  const from = node.getSourceFile()
  if (from === to) return true
  const names = [node, ...node.getDescendantsOfKind(ts.SyntaxKind.Identifier)].filter((one) =>
    Node.isIdentifier(one),
  )
  return names.filter((one) => !isMember(one)).every((name) => carryName(name, from, to, edits))
}

/** `b` of `a.b`, a name in an object literal, or a parameter of the constructor. */
function isMember(name: Node): boolean {
  const parent = name.getParent()
  const isNamed = Node.isPropertyAccessExpression(parent) || Node.isPropertyAssignment(parent)
  if (isNamed && parent.getNameNode() === name) return true
  return (symbolOf(name)?.getDeclarations() ?? []).some((one) => Node.isParameterDeclaration(one))
}

function carryName(name: Node, from: SourceFile, to: SourceFile, edits: SourceEdits): boolean {
  const [declaration] = symbolOf(name)?.getDeclarations() ?? []
  if (declaration === undefined || declaration.getSourceFile() !== from)
    return declaration !== undefined || name.getText() === 'process'
  if (Node.isImportSpecifier(declaration)) {
    const imported = declaration.getImportDeclaration()
    const type = declaration.isTypeOnly() || imported.isTypeOnly()
    edits.addImport(
      to,
      specifierFrom(to, imported.getModuleSpecifierValue(), imported.getModuleSpecifierSourceFile()),
      declaration.getText().replace(/^type /, ''),
      { type },
    )
    return true
  }
  if (!Node.isExportGetable(declaration) || !declaration.isNamedExport()) return false
  const type = Node.isInterfaceDeclaration(declaration) || Node.isTypeAliasDeclaration(declaration)
  edits.addImport(to, specifierFrom(to, './x.js', from), name.getText(), { type })
  return true
}

/** A relative specifier as `to` needs it, with the extension that `written` has; any other as it is. */
function specifierFrom(to: SourceFile, written: string, target: SourceFile | undefined): string {
  if (!written.startsWith('.') || target === undefined) return written
  const relative = to.getRelativePathAsModuleSpecifierTo(target)
  return /\.[cm]?js$/.test(
    to
      .getImportDeclarations()
      .find((one) => one.isModuleSpecifierRelative())
      ?.getModuleSpecifierValue() ?? '',
  )
    ? `${relative}.js`
    : relative
}

/** Imports a class of the app. */
export function importClass(name: string, from: SourceFile, to: SourceFile, edits: SourceEdits): void {
  if (from !== to) edits.addImport(to, specifierFrom(to, './x.js', from), name)
}
