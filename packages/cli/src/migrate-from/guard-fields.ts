import { type ClassDeclaration, Node, type ParameterDeclaration, ts } from 'ts-morph'
import { type Doubt, unknownPart } from './doubt.js'
import { isImported, nameOnThis, nestDecorator } from './symbols.js'

/** What a guard may have injected without doing more than `JwtGuard`. */
const INJECTED = [
  ['@nestjs/core', 'Reflector'],
  ['@nestjs/jwt', 'JwtService'],
  ['@nestjs/common', 'Logger'],
  ['@nestjs/config', 'ConfigService'],
] as const

/** Whether a node is a field of the class that holds an instance of this class of a module. */
export function isField(node: Node, owner: ClassDeclaration, module: string, name: string): boolean {
  const field = nameOnThis(node)
  if (field === undefined) return false
  const parameter = parametersOf(owner).find((one) => one.getName() === field)
  if (parameter !== undefined) return isTypedAs(parameter, module, name)
  const value = owner.getProperty(field)?.getInitializer()
  return Node.isNewExpression(value) && isImported(value.getExpression(), module, name)
}

const parametersOf = (owner: ClassDeclaration) =>
  owner.getConstructors().flatMap((one) => one.getParameters())

function isTypedAs(parameter: ParameterDeclaration, module: string, name: string): boolean {
  const type = parameter.getTypeNode()
  return (
    parameter.isParameterProperty() &&
    Node.isTypeReference(type) &&
    isImported(type.getTypeName(), module, name) &&
    // `@Inject('ADMIN')` may give another one.
    parameter
      .getDecorators()
      .every((one) => one.getName() === 'Inject' && isImported(one.getArguments()[0], module, name))
  )
}

/** The first member or decorator of a guard that is not known, apart from the methods, which are read one by one. */
export function unknownMember(owner: ClassDeclaration, constructed: readonly string[]): Doubt | undefined {
  const injectable = nestDecorator(owner, 'Injectable')
  const unknown =
    owner.getDecorators().find((one) => one !== injectable) ??
    parametersOf(owner).find((one) => !INJECTED.some(([module, name]) => isTypedAs(one, module, name))) ??
    owner
      .getConstructors()
      .flatMap((one) => one.getStatements())
      .find((one) => !constructed.includes(one.getText())) ??
    owner.getMembers().find((one) => !isKnownMember(one))
  return unknown && unknownPart(unknown)
}

function isKnownMember(member: Node): boolean {
  if (Node.isConstructorDeclaration(member)) return true
  if (Node.isMethodDeclaration(member)) return !member.isStatic() && member.getDecorators().length === 0
  if (Node.isParameterDeclaration(member)) return true
  if (!Node.isPropertyDeclaration(member) || member.isStatic() || member.getDecorators().length > 0)
    return false
  const value = member.getInitializer()
  const isNew = (module: string, name: string) =>
    Node.isNewExpression(value) && isImported(value.getExpression(), module, name)
  return isNew('@nestjs/common', 'Logger') || isNew('@nestjs/core', 'Reflector')
}

/** A statement that only writes to the log. */
export function isLog(statement: Node, owner: ClassDeclaration): boolean {
  const call = Node.isExpressionStatement(statement) ? statement.getExpression() : undefined
  const callee = Node.isCallExpression(call) ? call.getExpression() : undefined
  if (!Node.isCallExpression(call) || !Node.isPropertyAccessExpression(callee)) return false
  const logger = callee.getExpression()
  return (
    (logger.getText() === 'console' || isField(logger, owner, '@nestjs/common', 'Logger')) &&
    call.getArguments().every(doesNothing)
  )
}

const KINDS = new Set([
  ts.SyntaxKind.Identifier,
  ts.SyntaxKind.StringLiteral,
  ts.SyntaxKind.NumericLiteral,
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.TemplateExpression,
  ts.SyntaxKind.TemplateSpan,
  ts.SyntaxKind.TemplateHead,
  ts.SyntaxKind.TemplateMiddle,
  ts.SyntaxKind.TemplateTail,
  ts.SyntaxKind.ObjectLiteralExpression,
  ts.SyntaxKind.PropertyAssignment,
  ts.SyntaxKind.ShorthandPropertyAssignment,
  ts.SyntaxKind.ArrayLiteralExpression,
  ts.SyntaxKind.ConditionalExpression,
  ts.SyntaxKind.ParenthesizedExpression,
  ts.SyntaxKind.TrueKeyword,
  ts.SyntaxKind.FalseKeyword,
  ts.SyntaxKind.NullKeyword,
  ts.SyntaxKind.ThisKeyword,
  ts.SyntaxKind.QuestionToken,
  ts.SyntaxKind.ColonToken,
  ts.SyntaxKind.QuestionDotToken,
])

/** Whether nothing happens, and nothing is thrown, when an expression is evaluated. */
const doesNothing = (node: Node): boolean =>
  [node, ...node.forEachDescendantAsArray()].every((one) => KINDS.has(one.getKind()) || isSafe(one))

/** `payload.user.id` throws where `payload.user` is missing. */
function isSafe(node: Node): boolean {
  if (Node.isPropertyAccessExpression(node) || Node.isElementAccessExpression(node)) {
    const object = node.getExpression()
    const isDeep = Node.isPropertyAccessExpression(object) || Node.isElementAccessExpression(object)
    return !isDeep || node.hasQuestionDotToken() || /^process\.env$|^\w+\.headers$/.test(object.getText())
  }
  const operator = Node.isBinaryExpression(node) ? node.getOperatorToken() : node
  return /^(?:\?\?|\|\||&&|\+|===|!==)$/.test(operator.getText())
}

/** A statement, or a block with nothing but logs before it, that refuses with 401 or 403 as `false` does. */
export function refuses(statement: Node, owner: ClassDeclaration): boolean {
  if (Node.isBlock(statement)) {
    const statements = statement.getStatements()
    const last = statements.at(-1)
    return (
      last !== undefined && refuses(last, owner) && statements.slice(0, -1).every((one) => isLog(one, owner))
    )
  }
  if (Node.isReturnStatement(statement)) return statement.getExpression()?.getText() === 'false'
  return Node.isThrowStatement(statement) && isUnauthorized(statement.getExpression())
}

/** `new UnauthorizedException('…')`. */
export const isUnauthorized = (thrown: Node): boolean =>
  Node.isNewExpression(thrown) &&
  isImported(thrown.getExpression(), '@nestjs/common', 'UnauthorizedException') &&
  thrown.getArguments().every(doesNothing)
