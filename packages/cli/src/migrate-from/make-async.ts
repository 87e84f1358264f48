import { type MethodDeclaration, Node } from 'ts-morph'
import type { SourceEdits } from './source-edits.js'

/**
 * Lets `await` be written where a node is: makes its method async, and awaits it wherever it is called. `false` where a
 * caller is not a method, so that nothing may be changed.
 */
export function letAwait(node: Node, edits: SourceEdits): boolean {
  const found = callersOf(node, new Map())
  if (found === undefined) return false
  for (const [method, calls] of found) {
    makeAsync(method, edits)
    for (const call of calls) awaitCall(call, edits)
  }
  return true
}

type Callers = Map<MethodDeclaration, Node[]>

/** The methods that become async, and their calls; `undefined` where one of them cannot. */
function callersOf(node: Node, found: Callers): Callers | undefined {
  const owner = node.getFirstAncestor(
    (one) =>
      Node.isFunctionLikeDeclaration(one) || Node.isArrowFunction(one) || Node.isFunctionExpression(one),
  )
  if (owner === undefined) return undefined
  if (Node.isAsyncable(owner) && owner.isAsync()) return found
  if (!Node.isMethodDeclaration(owner) || owner.isStatic()) return undefined
  if (found.has(owner)) return found
  const references = owner.findReferencesAsNodes().filter((one) => one.getParent() !== owner)
  const calls = references.flatMap((one) => callBy(one.getParent()) ?? [])
  if (calls.length < references.length) return undefined
  found.set(owner, calls)
  const isHandler = owner.getDecorators().length > 0
  if (isHandler && calls.length === 0) return found
  return calls.every((call) => callersOf(call, found) !== undefined) ? found : undefined
}

/** The call of `this.sign`, where it is what is called, and not what is handed on. */
function callBy(access: Node | undefined): Node | undefined {
  const call = access?.getParent()
  const isCalled =
    Node.isPropertyAccessExpression(access) && Node.isCallExpression(call) && call.getExpression() === access
  return isCalled ? call : undefined
}

function makeAsync(method: MethodDeclaration, edits: SourceEdits): void {
  edits.insert(method.getSourceFile(), method.getNameNode().getStart(), 'async ')
  const type = method.getReturnTypeNode()
  if (type !== undefined && !type.getText().startsWith('Promise<'))
    edits.replace(type, `Promise<${type.getText()}>`)
}

function awaitCall(call: Node, edits: SourceEdits): void {
  const parent = call.getParent()
  if (Node.isAwaitExpression(parent)) return
  const needsParentheses = Node.isPropertyAccessExpression(parent) || Node.isElementAccessExpression(parent)
  edits.insert(call.getSourceFile(), call.getStart(), needsParentheses ? '(await ' : 'await ')
  if (needsParentheses) edits.insert(call.getSourceFile(), call.getEnd(), ')')
}
