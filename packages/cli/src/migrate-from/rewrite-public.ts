import { Node, type SourceFile, ts, type VariableDeclaration } from 'ts-morph'
import { dropName } from './rewrite-guards.js'
import type { SourceEdits } from './source-edits.js'
import { callsOf, declarationsOf, literalOf } from './symbols.js'
import { CORE, type Survey } from './survey.js'

/**
 * Puts this module's `@Public()` in the place of the app's own, which the replaced guards read. Where other code reads its
 * metadata too, the app's own stays and brings ours along.
 */
export function rewritePublic(
  survey: Survey,
  keys: readonly Node[],
  removed: readonly Node[],
  edits: SourceEdits,
): void {
  const isKey = (node: Node | undefined) => keys.some((key) => isSameKey(key, node))
  const files = [...survey.files, ...survey.tests]
  for (const call of files.flatMap((file) => callsOf(file, '@nestjs/common', 'SetMetadata'))) {
    if (!isKey(call.getArguments()[0]) || call.getArguments()[1]?.getText() !== 'true') continue
    const owner = call.getFirstAncestorByKind(ts.SyntaxKind.VariableDeclaration)
    if (Node.isDecorator(call.getParent())) {
      edits.replace(call, 'Public()')
      edits.addImport(call.getSourceFile(), CORE, 'Public')
    } else if (owner !== undefined) {
      const isRead = readers(files, isKey).some(
        (node) => !isWithin(node, [...removed, owner]) && !Node.isImportSpecifier(node.getParent()),
      )
      if (isRead) bringAlong(call, edits)
      else replaceOwn(owner, keyDeclaration(call.getArguments()[0]), edits)
    }
  }
}

function isSameKey(key: Node, node: Node | undefined): boolean {
  if (node === undefined) return false
  const value = literalOf(key)
  if (value !== undefined) return literalOf(node) === value
  return declarationsOf(key).some((declaration) => declarationsOf(node).includes(declaration))
}

/** Every place that names the key: its constant anywhere, and its text where metadata are read or written. */
function readers(files: readonly SourceFile[], isKey: (node: Node) => boolean): Node[] {
  return files.flatMap((file) => [
    ...file
      .getDescendantsOfKind(ts.SyntaxKind.Identifier)
      .filter((node) => !Node.isVariableDeclaration(node.getParent()) && isKey(node)),
    ...file
      .getDescendantsOfKind(ts.SyntaxKind.StringLiteral)
      .filter((node) => isMetadataCall(node.getParent()) && isKey(node)),
  ])
}

const isMetadataCall = (node: Node | undefined) =>
  Node.isCallExpression(node) && /(?:\.get\w*|Metadata)$/.test(node.getExpression().getText())

const isWithin = (node: Node, others: readonly Node[]) =>
  others.some((other) => node === other || node.getAncestors().includes(other))

function bringAlong(call: Node, edits: SourceEdits): void {
  edits.replace(call, `applyDecorators(${call.getText()}, PublicRoute())`)
  edits.addImport(call.getSourceFile(), '@nestjs/common', 'applyDecorators')
  edits.addImport(call.getSourceFile(), CORE, 'Public as PublicRoute')
}

function replaceOwn(
  own: VariableDeclaration,
  key: VariableDeclaration | undefined,
  edits: SourceEdits,
): void {
  for (const node of own.findReferencesAsNodes()) {
    const parent = node.getParent()
    if (parent === own) continue
    if (Node.isImportSpecifier(parent) || Node.isExportSpecifier(parent)) dropName(node, edits)
    else {
      edits.replace(node, 'Public')
      edits.addImport(node.getSourceFile(), CORE, 'Public')
    }
  }
  for (const declaration of [own, key]) {
    const statement = declaration?.getVariableStatement()
    if (statement?.getDeclarations().length === 1) edits.remove(statement)
  }
}

/** The constant of the key, which nothing else reads any more. */
function keyDeclaration(key: Node | undefined): VariableDeclaration | undefined {
  const declarations = Node.isIdentifier(key) ? declarationsOf(key) : []
  return declarations.find((one) => Node.isVariableDeclaration(one))
}
