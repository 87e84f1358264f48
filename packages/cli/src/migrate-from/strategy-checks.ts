import {
  type ClassDeclaration,
  type MethodDeclaration,
  Node,
  type ParameterDeclaration,
  ts,
  type Type,
} from 'ts-morph'
import { quote } from './doubt.js'
import type { Rest } from './rest.js'
import type { SourceEdits } from './source-edits.js'
import { bare, nameOnThis } from './symbols.js'

/** What passport calls or reads besides `validate` may refuse tokens too, and would not run any more. */
export function refuseHiddenChecks(type: ClassDeclaration, rest: Rest): void {
  const hidden = [
    ...[...type.getMethods(), ...type.getProperties()].filter((one) => isOfPassport(one.getName())),
    ...type
      .getConstructors()
      .flatMap((one) => one.getStatements())
      .filter((one) => !one.getText().startsWith('super(') && !isKept(one)),
    ...type.getDerivedClasses(),
  ]
  for (const node of hidden) {
    const what = `This may refuse tokens, and would not run any more: \`${quote(node)}\`.`
    rest.add('blocks', node, what, 'Refuse in `validate`, then run this command again.')
  }
}

/** What a strategy of passport has; what begins with `_` is of passport-jwt. */
const isOfPassport = (name: string) => /^_|^(?:authenticate|success|fail|error|pass|redirect)$/.test(name)

/** `this.x = y`. */
function isKept(statement: Node): boolean {
  const assignment = Node.isExpressionStatement(statement) ? statement.getExpression() : undefined
  if (!Node.isBinaryExpression(assignment)) return false
  const name = nameOnThis(assignment.getLeft())
  return name !== undefined && !isOfPassport(name)
}

/** passport refuses whatever is falsy. */
function orNull(value: Node, edits: SourceEdits): void {
  const file = value.getSourceFile()
  const isSimple =
    Node.isIdentifier(value) ||
    Node.isCallExpression(value) ||
    Node.isPropertyAccessExpression(value) ||
    Node.isAwaitExpression(value)
  if (!isSimple) edits.insert(file, value.getStart(), '(')
  edits.insert(file, value.getEnd(), isSimple ? ' || null' : ') || null')
}

/** Whether a statement is of the method, and not of a function within it. */
export const isItsOwn = (statement: Node, method: MethodDeclaration): boolean =>
  statement.getFirstAncestor(
    (one) =>
      Node.isFunctionLikeDeclaration(one) || Node.isFunctionExpression(one) || Node.isArrowFunction(one),
  ) === method

/** passport refuses every falsy user, an identity loader only `null` and `undefined`. */
export function refuseFalsyAnswers(
  method: MethodDeclaration,
  payload: ParameterDeclaration,
  edits: SourceEdits,
  rest: Rest,
): void {
  for (const answer of method.getDescendantsOfKind(ts.SyntaxKind.ReturnStatement)) {
    const value = answer.getExpression()
    if (value === undefined || !isItsOwn(answer, method)) continue
    if (value.getKind() === ts.SyntaxKind.FalseKeyword) continue
    const hasFalse = value.getDescendantsOfKind(ts.SyntaxKind.FalseKeyword).some(isAnswer)
    const parts = answersOf(value)
    const mayBeFalse = /&&/.test(value.getText()) && value.getKind() === ts.SyntaxKind.BinaryExpression
    const isArray =
      Node.isArrayLiteralExpression(bare(value)) || parts.some((one) => one.isArray() || one.isTuple())
    if (!isArray && (hasFalse || !(mayBeFalse || parts.some(isFalsy)))) {
      const isPayload = bare(value).getText() === payload.getName()
      const others = parts.filter((one) => one.getText() !== 'false')
      const isAnything = others.some((one) => one.isAny() || one.isUnknown() || isFalsy(one))
      if (isAnything && !isPayload) orNull(value, edits)
      continue
    }
    const write = 'Return the user, or `null` for 401, in every case. Then run this command again.'
    rest.add(
      'blocks',
      answer,
      'This may return `false`, which passport refuses and an identity loader does not.',
      write,
    )
  }
}

/** The types of what the caller gets. */
function answersOf(value: Node): readonly Type[] {
  const type = value.getType()
  const awaited = type.getSymbol()?.getName() === 'Promise' ? (type.getTypeArguments()[0] ?? type) : type
  return awaited.isUnion() ? awaited.getUnionTypes() : [awaited]
}

const isFalsy = (type: Type) => type.isBoolean() || type.isNumber() || type.isString() || type.isLiteral()

/** `return false`, `return user ?? false`, `return user ? user : false`. */
export function isAnswer(node: Node): boolean {
  const parent = node.getParent()
  if (Node.isReturnStatement(parent)) return true
  const isPart =
    Node.isBinaryExpression(parent) ||
    Node.isConditionalExpression(parent) ||
    Node.isParenthesizedExpression(parent)
  return isPart && isAnswer(parent)
}
