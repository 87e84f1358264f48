import { type ClassDeclaration, type MethodDeclaration, Node, type ParameterDeclaration, ts } from 'ts-morph'
import type { Rest } from './rest.js'
import type { SourceEdits } from './source-edits.js'
import { styleOf } from './rewrite-imports.js'
import { isImported, nameOnThis } from './symbols.js'
import { isAnswer, isItsOwn, refuseFalsyAnswers, refuseHiddenChecks } from './strategy-checks.js'
import { CORE, type JwtStrategy } from './survey.js'

/** Makes the strategy an identity loader: what `validate` returned stays `request.user`. */
export function rewriteStrategy(
  { type }: JwtStrategy,
  isNumeric: boolean,
  edits: SourceEdits,
  rest: Rest,
): void {
  const validate = type.getMethod('validate')
  const [payload, ...others] = validate?.getParameters() ?? []
  if (validate === undefined || payload === undefined || others.length > 0) {
    const write = 'Give it one method `validate(payload)`, then run this command again.'
    rest.add(
      'blocks',
      type,
      'This strategy has no method `validate` with the payload as its only parameter.',
      write,
    )
    return
  }
  refuseHiddenChecks(type, rest)
  const base = type.getExtendsOrThrow()
  edits.replace(base.getParentOrThrow(), 'implements IdentityLoader')
  edits.addImport(type.getSourceFile(), CORE, 'IdentityLoader')
  edits.addImport(type.getSourceFile(), CORE, 'JwtClaims', { type: true })
  rewriteConstructor(type, edits)
  edits.replace(validate.getNameNode(), 'loadIdentity')
  rewritePayload(validate, payload, isNumeric, edits)
  rewriteRefusals(validate, payload, edits, rest)
}

/** Without the call of `super`, and without the parameters that only it used. */
function rewriteConstructor(type: ClassDeclaration, edits: SourceEdits): void {
  const [constructor] = type.getConstructors()
  if (constructor === undefined) return
  const statements = constructor.getStatements()
  const call = statements.find((statement) => statement.getText().startsWith('super('))
  const unused = constructor.getParameters().filter((one) => !isUsedOutside(one, call))
  if (unused.length === constructor.getParameters().length && statements.length === 1) {
    edits.remove(constructor)
    return
  }
  for (const parameter of unused) edits.removeElement(parameter)
  if (call === undefined) return
  if (statements.length === 1) edits.replace(constructor.getBodyOrThrow(), '{}')
  else edits.remove(call)
}

const isUsedOutside = (parameter: ParameterDeclaration, call: Node | undefined) =>
  parameter
    .findReferencesAsNodes()
    .some((node) => node.getParent() !== parameter && !node.getAncestors().some((one) => one === call))

/** The payload keeps its name and its type in the body. */
function rewritePayload(
  method: MethodDeclaration,
  payload: ParameterDeclaration,
  isNumeric: boolean,
  edits: SourceEdits,
): void {
  const name = payload.getNameNode().getText()
  const type = payload.getTypeNode()?.getText()
  const claims = name === 'claims' ? 'given' : 'claims'
  const value = isNumeric ? `{ ...${claims}, sub: Number(${claims}.sub) }` : claims
  edits.replace(payload, `${claims}: JwtClaims`)
  const declared =
    type === undefined || type === 'any'
      ? `const ${name}${Node.isIdentifier(payload.getNameNode()) ? ': any' : ''} = ${value}${Node.isIdentifier(payload.getNameNode()) ? '' : ' as any'}`
      : `const ${name} = ${value} as unknown as ${type}`
  const body = method.getBody()
  const first = method.getStatements()[0]
  if (!Node.isBlock(body)) return
  const indent = first?.getIndentationText() ?? '    '
  const end = styleOf(method.getSourceFile()).semicolon
  const isOnOneLine = first?.getStartLineNumber() === body.getStartLineNumber()
  const inserted = isOnOneLine ? ` ${declared};` : `\n${indent}${declared}${end}`
  edits.insert(method.getSourceFile(), body.getStart() + 1, inserted)
}

/** A loader answers `null` where `validate` threw or returned `false`. */
function rewriteRefusals(
  method: MethodDeclaration,
  payload: ParameterDeclaration,
  edits: SourceEdits,
  rest: Rest,
): void {
  refuseFalsyAnswers(method, payload, edits, rest)
  for (const statement of method.getDescendantsOfKind(ts.SyntaxKind.ThrowStatement)) {
    const thrown = statement.getExpression()
    const end = statement.getText().endsWith(';') ? ';' : ''
    const isKnown =
      Node.isNewExpression(thrown) &&
      isImported(thrown.getExpression(), '@nestjs/common', 'UnauthorizedException')
    if (isKnown && !isItsOwn(statement, method)) {
      const write = 'Throw in `validate` itself, then run this command again.'
      rest.add('blocks', statement, 'This `throw` in a callback refuses a token.', write)
    } else if (isKnown && !isCaught(statement, method)) edits.replace(statement, `return null${end}`)
    else {
      const write =
        'Return `null` for 401 `identity_unknown`; what a loader throws is answered as Nest answers it elsewhere.'
      rest.add('may', statement, 'This loader throws another error than `UnauthorizedException`.', write)
    }
  }
  for (const literal of method.getDescendantsOfKind(ts.SyntaxKind.FalseKeyword)) {
    if (isAnswer(literal)) edits.replace(literal, 'null')
  }
  const type = method.getReturnTypeNode()
  if (type !== undefined && method.getDescendantsOfKind(ts.SyntaxKind.ThrowStatement).length > 0) {
    edits.replace(type, nullable(type.getText()))
  }
}

/** What catches it may do more than refuse. */
const isCaught = (statement: Node, method: MethodDeclaration): boolean =>
  statement
    .getAncestors()
    .some(
      (one) =>
        Node.isTryStatement(one) &&
        one.getAncestors().includes(method) &&
        isWithin(statement, one.getTryBlock()),
    )

const isWithin = (node: Node, other: Node) => node.getAncestors().includes(other)

const nullable = (type: string) =>
  /^Promise<(.+)>$/s.test(type) ? type.replace(/>$/, ' | null>') : `${type} | null`

/** The parameter of the constructor that an expression reads, by `this.x` or `x`. */
export function constructorParameter(node: Node): ParameterDeclaration | undefined {
  const name = nameOnThis(node) ?? (Node.isIdentifier(node) ? node.getText() : undefined)
  return node
    .getFirstAncestorByKind(ts.SyntaxKind.ClassDeclaration)
    ?.getConstructors()
    .flatMap((one) => one.getParameters())
    .find((one) => one.getName() === name)
}
