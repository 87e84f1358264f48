import { Node, ts, type VariableDeclaration } from 'ts-morph'

/**
 * Whether what a variable was declared with can be written at a use of it: between the two nothing runs but calls of
 * `sign`, so that neither the variable nor what its initializer reads has changed.
 */
export function isUnchanged(declaration: VariableDeclaration, use: Node): boolean {
  const block = declaration.getVariableStatement()?.getParent()
  const around = use.getAncestors()
  const inside = around.slice(
    0,
    around.findIndex((one) => one === block),
  )
  if (!Node.isBlock(block) || !around.includes(block) || inside.some(runsLater)) return false
  return !block
    .getDescendants()
    .some((one) => one.getPos() >= declaration.getEnd() && one.getEnd() <= use.getStart() && mayChange(one))
}

/** What is in a function or a loop runs at another time, or again after what follows. */
const runsLater = (node: Node) =>
  Node.isFunctionLikeDeclaration(node) ||
  Node.isArrowFunction(node) ||
  Node.isFunctionExpression(node) ||
  Node.isIterationStatement(node)

function mayChange(node: Node): boolean {
  if (Node.isCallExpression(node)) return !isSign(node)
  if (Node.isAwaitExpression(node)) return !isSign(node.getExpression())
  if (Node.isBinaryExpression(node)) return isAssignment(node.getOperatorToken().getKind())
  if (Node.isPrefixUnaryExpression(node) || Node.isPostfixUnaryExpression(node))
    return /^(?:\+\+|--)|(?:\+\+|--)$/.test(node.getText())
  return Node.isNewExpression(node) || Node.isDeleteExpression(node) || Node.isYieldExpression(node)
}

function isSign(node: Node): boolean {
  const callee = Node.isCallExpression(node) ? node.getExpression() : undefined
  return Node.isPropertyAccessExpression(callee) && ['sign', 'signAsync'].includes(callee.getName())
}

const isAssignment = (kind: ts.SyntaxKind) =>
  kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment
