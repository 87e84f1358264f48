import { type ClassDeclaration, type Identifier, Node, ts } from 'ts-morph'
import type { AccessSide } from './access-side.js'
import { isPlainPassportGuard } from './passport-guard.js'
import type { Rest } from './rest.js'
import type { SourceEdits } from './source-edits.js'
import { literalOf, isImported } from './symbols.js'
import { CORE, PASSPORT, type Survey } from './survey.js'

/** The guards of access tokens that `JwtGuard` takes the place of. */
export interface AccessGuards {
  readonly types: readonly ClassDeclaration[]
  /** Whether one of them guards the whole app. */
  readonly isGlobal: boolean
}

/** Puts `JwtGuard` in the place of the guards of access tokens, and removes their classes. */
export function rewriteGuards(
  survey: Survey,
  access: AccessSide,
  edits: SourceEdits,
  rest: Rest,
): AccessGuards {
  const passport =
    access.strategy === undefined ? [] : passportGuards(survey, access.strategy.name, edits, rest)
  const types = [...access.guards.map(({ type }) => type), ...passport]
  let isGlobal = false
  for (const type of types) isGlobal = replaceGuard(type, edits) || isGlobal
  return { types, isGlobal }
}

/** Also rewrites `@UseGuards(AuthGuard('jwt'))`. */
function passportGuards(
  survey: Survey,
  strategy: string,
  edits: SourceEdits,
  rest: Rest,
): ClassDeclaration[] {
  return survey.guardCalls.flatMap((call) => {
    const [given] = call.getArguments()
    const name = given === undefined ? defaultStrategy(survey) : literalOf(given)
    if (name === undefined && given?.getText().includes(strategy)) {
      const write =
        'Write `@OptionalAuth()` where the other strategy is `anonymous`, or bind both guards, then run this command again.'
      rest.add('blocks', call, 'This guard has several strategies.', write)
    }
    if (name !== strategy) return []
    const type = call.getFirstAncestorByKind(ts.SyntaxKind.ClassDeclaration)
    if (type?.getExtends()?.getExpression() !== call) {
      edits.replace(call, 'JwtGuard')
      edits.addImport(call.getSourceFile(), CORE, 'JwtGuard')
      return []
    }
    if (isPlainPassportGuard(type)) return [type]
    const write =
      'Let it do what a filter or an interceptor does (docs/errors.md), or use `@OptionalAuth()`, then run this command again.'
    rest.add('blocks', type, 'This guard overrides what passport does.', write)
    return []
  })
}

function defaultStrategy({ files }: Survey): string | undefined {
  for (const file of files) {
    for (const call of file.getDescendantsOfKind(ts.SyntaxKind.CallExpression)) {
      const callee = call.getExpression()
      if (!Node.isPropertyAccessExpression(callee)) continue
      if (!isImported(callee.getExpression(), PASSPORT, 'PassportModule')) continue
      const name = /defaultStrategy:\s*['"](\w[\w-]*)['"]/.exec(call.getText())?.[1]
      if (name !== undefined) return name
    }
  }
  return undefined
}

/** Returns whether it guards the whole app. */
function replaceGuard(type: ClassDeclaration, edits: SourceEdits): boolean {
  const references = type.findReferencesAsNodes().filter((node) => Node.isIdentifier(node))
  const uses = references.filter((node) => !isModuleName(node) && node.getParent() !== type)
  if (uses.some((node) => isBuilt(node))) {
    keepAsSubclass(type, edits)
    return uses.some((node) => isGlobalGuard(node))
  }
  for (const node of references.filter(isModuleName)) dropName(node, edits)
  for (const node of uses) replaceUse(node, edits)
  edits.remove(type)
  return uses.some((node) => isGlobalGuard(node))
}

const isModuleName = (node: Node) =>
  Node.isImportSpecifier(node.getParent()) || Node.isExportSpecifier(node.getParent())

/** `extends`, `new`: it must stay a class of its own. */
function isBuilt(node: Node): boolean {
  const parent = node.getParent()
  return Node.isExpressionWithTypeArguments(parent) || Node.isNewExpression(parent)
}

function isGlobalGuard(node: Node): boolean {
  const property = node.getParent()
  const provider = property?.getParent()
  return Node.isPropertyAssignment(property) && /\bAPP_GUARD\b/.test(provider?.getText() ?? '')
}

function replaceUse(node: Identifier, edits: SourceEdits): void {
  const parent = node.getParent()
  if (Node.isArrayLiteralExpression(parent) && isListOfModule(parent)) {
    edits.removeElement(node)
    return
  }
  const isProvided = Node.isPropertyAssignment(parent) && parent.getName() === 'useClass'
  if (isProvided) edits.replace(parent, 'useExisting: JwtGuard')
  else edits.replace(node, 'JwtGuard')
  edits.addImport(node.getSourceFile(), CORE, 'JwtGuard')
}

/** `providers`, `exports`: `JwtAuthModule` provides the guard everywhere. */
function isListOfModule(list: Node): boolean {
  const property = list.getParent()
  return Node.isPropertyAssignment(property) && ['providers', 'exports'].includes(property.getName())
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

function keepAsSubclass(type: ClassDeclaration, edits: SourceEdits): void {
  const modifiers = type.isExported() ? 'export ' : ''
  const decorators = type.getDecorators().map((one) => `${one.getText()}\n`)
  edits.replace(type, `${decorators.join('')}${modifiers}class ${type.getName()} extends JwtGuard {}`)
  edits.addImport(type.getSourceFile(), CORE, 'JwtGuard')
}
