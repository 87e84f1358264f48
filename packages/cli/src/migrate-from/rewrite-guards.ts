import { type ClassDeclaration, type Expression, Node } from 'ts-morph'
import { isListed, isProvidedGlobally } from './guard-uses.js'
import type { GuardPlan } from './plan-guards.js'
import type { SourceEdits } from './source-edits.js'
import { CORE } from './survey.js'

/** The guards of access tokens that `JwtGuard` takes the place of. */
export interface AccessGuards {
  readonly types: readonly ClassDeclaration[]
  /** Whether one of them guards the whole app. */
  readonly isGlobal: boolean
}

/** Puts `JwtGuard` in the place of the guards of access tokens, and removes their classes. */
export function rewriteGuards({ recipe, passport, calls }: GuardPlan, edits: SourceEdits): AccessGuards {
  const types = [...recipe.map(({ type }) => type), ...passport]
  let isGlobal = calls.some(isProvidedGlobally)
  for (const call of calls) replaceUse(call, types, edits)
  for (const type of types) isGlobal = replaceGuard(type, types, edits) || isGlobal
  return { types, isGlobal }
}

/** Returns whether it guards the whole app. */
function replaceGuard(type: ClassDeclaration, gone: readonly Node[], edits: SourceEdits): boolean {
  const references = type.findReferencesAsNodes().filter((node) => Node.isIdentifier(node))
  const uses = references.filter((node) => !isModuleName(node) && node.getParent() !== type)
  if (uses.some((node) => isBuilt(node))) {
    keepAsSubclass(type, edits)
    return uses.some(isProvidedGlobally)
  }
  for (const node of references.filter(isModuleName)) dropName(node, edits)
  for (const node of uses) replaceUse(node, gone, edits)
  edits.remove(type)
  return uses.some(isProvidedGlobally)
}

export const isModuleName = (node: Node) =>
  Node.isImportSpecifier(node.getParent()) || Node.isExportSpecifier(node.getParent())

/** `extends`, `new`: it must stay a class of its own. */
function isBuilt(node: Node): boolean {
  const parent = node.getParent()
  return Node.isExpressionWithTypeArguments(parent) || Node.isNewExpression(parent)
}

function replaceUse(node: Expression, gone: readonly Node[], edits: SourceEdits): void {
  const parent = node.getParent()
  if (parent !== undefined && isListed(parent)) {
    edits.removeElement(node)
    return
  }
  const name = edits.importAs(node.getSourceFile(), CORE, 'JwtGuard', gone)
  const isProvided = Node.isPropertyAssignment(parent) && parent.getName() === 'useClass'
  if (isProvided) edits.replace(parent, `useExisting: ${name}`)
  else edits.replace(node, name)
}

export function dropName(node: Node, edits: SourceEdits): void {
  const specifier = node.getParent()
  if (Node.isImportSpecifier(specifier)) {
    edits.dropImport(node.getSourceFile(), (specifier.getAliasNode() ?? specifier.getNameNode()).getText())
  } else if (Node.isExportSpecifier(specifier)) {
    const others = specifier.getExportDeclaration().getNamedExports().length > 1
    if (others) edits.removeElement(specifier)
    else edits.remove(specifier.getExportDeclaration())
  }
}

/** Where a class of its own must stay, for subclasses and for tests that make it with `new`. */
function keepAsSubclass(type: ClassDeclaration, edits: SourceEdits): void {
  const modifiers = type.isExported() ? 'export ' : ''
  const decorators = type.getDecorators().map((one) => `${one.getText()}\n`)
  const base = edits.importAs(type.getSourceFile(), CORE, 'JwtGuard', [])
  edits.replace(type, `${decorators.join('')}${modifiers}class ${type.getName()} extends ${base} {}`)
}
