import { type CallExpression, type FunctionDeclaration, Node, type VariableDeclaration } from 'ts-morph'
import { isSameKey, marksOf, mentionsIn, readsAnyKey } from './public-keys.js'
import { dropName, isModuleName } from './rewrite-guards.js'
import type { SourceEdits } from './source-edits.js'
import { bare, declarationsOf } from './symbols.js'
import { CORE, type Survey } from './survey.js'

/**
 * Puts this module's `@Public()` in the place of each mark that the replaced guards read. Where other code reads the mark
 * too, it stays beside ours. A decorator that is nothing but the mark goes; one that does more keeps all other parts.
 */
export function rewritePublic(
  survey: Survey,
  keys: readonly Node[],
  removed: readonly Node[],
  edits: SourceEdits,
): void {
  const known: Node[] = []
  for (const key of keys.filter((one) => known.every((other) => !isSameKey(other, one)))) {
    known.push(key)
    rewriteMarks(survey, key, removed, edits)
  }
}

/** A function that returns the mark, and nothing else. */
type Own = VariableDeclaration | FunctionDeclaration

function rewriteMarks(survey: Survey, key: Node, removed: readonly Node[], edits: SourceEdits): void {
  const calls = marksOf(survey, key)
  const files = [...survey.files, ...survey.tests]
  const isRead =
    files.some(readsAnyKey) ||
    files
      .flatMap((file) => mentionsIn(file, key))
      .some((node) => isReadHere(node) && !isWithin(node, removed))
  const owns = new Map(isRead ? [] : calls.flatMap((call) => ownsOf(call)))
  const gone = [...owns.values()]
  for (const call of calls) {
    const own = owns.get(call)
    if (own !== undefined) replaceOwn(own, gone, edits)
    else {
      const ours = `${edits.importAs(call.getSourceFile(), CORE, 'Public', gone)}()`
      edits.replace(call, isRead ? `applyDecorators(${call.getText()}, ${ours})` : ours)
      if (isRead) edits.addImport(call.getSourceFile(), '@nestjs/common', 'applyDecorators')
    }
  }
  if (!isRead) removeConstant(key, [...removed, ...gone, ...calls], edits)
}

const isWithin = (node: Node, others: readonly Node[]) =>
  others.some((other) => node === other || node.getAncestors().includes(other))

function isReadHere(node: Node): boolean {
  const parent = node.getParent()
  const call = Node.isPropertyAccessExpression(parent) ? parent.getParent() : parent
  return Node.isCallExpression(call) && /\.(?:get|has)\w*$/.test(call.getExpression().getText())
}

/** `Open` of `const Open = () => SetMetadata(…)`, if it is called everywhere as `Public()` can be. */
function ownsOf(call: CallExpression): [CallExpression, Own][] {
  const made = call.getFirstAncestor((one) => Node.isArrowFunction(one) || Node.isFunctionDeclaration(one))
  if (made === undefined || made.getParameters().length > 0 || made.isAsync()) return []
  const body = made.getBody()
  const [only, ...others] = Node.isBlock(body) ? body.getStatements() : []
  const returned = Node.isReturnStatement(only) && others.length === 0 ? only.getExpression() : body
  if (returned === undefined || bare(returned) !== call) return []
  const own = Node.isArrowFunction(made) ? made.getParent() : made
  if (!Node.isVariableDeclaration(own) && !Node.isFunctionDeclaration(own)) return []
  const isAlone =
    Node.isFunctionDeclaration(own) || own.getVariableStatement()?.getDeclarations().length === 1
  return isAlone && usesOf(own).every((node) => isModuleName(node) || isCalled(node)) ? [[call, own]] : []
}

const usesOf = (own: Own) => own.findReferencesAsNodes().filter((node) => node.getParent() !== own)

function isCalled(node: Node): boolean {
  const call = node.getParent()
  return Node.isCallExpression(call) && call.getExpression() === node && call.getArguments().length === 0
}

function replaceOwn(own: Own, gone: readonly Node[], edits: SourceEdits): void {
  for (const node of usesOf(own)) {
    if (isModuleName(node)) dropName(node, edits)
    else edits.replace(node, edits.importAs(node.getSourceFile(), CORE, 'Public', gone))
  }
  edits.remove(Node.isFunctionDeclaration(own) ? own : own.getVariableStatementOrThrow())
}

/** Removes the constant of the key, if nothing names it any more. */
function removeConstant(key: Node, gone: readonly Node[], edits: SourceEdits): void {
  const constant = declarationsOf(key).find((one) => Node.isVariableDeclaration(one))
  const statement = constant?.getVariableStatement()
  if (constant === undefined || statement?.getDeclarations().length !== 1) return
  const uses = constant.findReferencesAsNodes().filter((node) => node.getParent() !== constant)
  if (!uses.every((node) => isModuleName(node) || isWithin(node, gone))) return
  for (const node of uses.filter(isModuleName)) dropName(node, edits)
  edits.remove(statement)
}
