import {
  type Expression,
  Node,
  type ObjectLiteralExpression,
  type PropertyAssignment,
  type ShorthandPropertyAssignment,
  ts,
  type Type,
} from 'ts-morph'
import { isUnchanged } from './is-unchanged.js'
import { styleOf } from './rewrite-imports.js'
import type { SourceEdits } from './source-edits.js'
import { bare, lineIndent, memberOf } from './symbols.js'

/** The payload of a token, taken apart. */
export interface Payload {
  /** The expression for the first argument of `issueAccessToken`. */
  readonly subject: string
  /** The expression for `claims`; `undefined` where there are none. */
  readonly claims: string | undefined
  /** `unknown` where the compiler does not know it. */
  readonly subjectType: 'string' | 'number' | 'unknown'
  /** `false`: it had `id` or the like instead, and former tokens have no subject. */
  readonly hadSubject: boolean
  /** Claims that are instances of a class, which are not plain JSON. */
  readonly unplain: readonly Node[]
}

const RESERVED = ['iss', 'iat', 'exp', 'jti', 'sid', 'auth_time', 'act', 'cnf']
const IDS = ['id', 'userId', 'user_id', '_id', 'uid', 'uuid']

/** `undefined` where it is not certain what the token says. Edits what the payload is made from. */
export function takeApart(argument: Node, edits: SourceEdits): Payload | undefined {
  const value = bare(argument)
  if (Node.isObjectLiteralExpression(value)) return fromLiteral(value)
  if (!Node.isIdentifier(value)) return undefined
  const declaration = value.getSymbol()?.getDeclarations()[0]
  const initializer = Node.isVariableDeclaration(declaration) && declaration.getInitializer()
  if (initializer && Node.isObjectLiteralExpression(bare(initializer))) {
    const literal = bare(initializer) as ObjectLiteralExpression
    const uses = declaration.findReferencesAsNodes().filter((node) => node.getParent() !== declaration)
    const payload = fromLiteral(literal)
    if (payload === undefined || !isUnchanged(declaration, value)) return undefined
    if (uses.length > 1) return isPure(literal) ? payload : undefined
    const statement = declaration.getVariableStatement()
    if (statement?.getDeclarations().length !== 1) return undefined
    edits.remove(statement)
    return payload
  }
  return fromVariable(value, edits)
}

function fromLiteral(literal: ObjectLiteralExpression): Payload | undefined {
  const properties = literal.getProperties()
  const names = properties.map((one) => (Node.isSpreadAssignment(one) ? '...' : unquoted(one.getName())))
  const spreads = properties.filter((one) => Node.isSpreadAssignment(one))
  if (names.some((name) => RESERVED.includes(name) || name.startsWith('['))) return undefined
  if (!spreads.every((one) => isFreeOfReserved(one.getExpression().getType()))) return undefined
  const name = ['sub', ...IDS].find((one) => names.includes(one))
  const subject = name === undefined ? undefined : memberOf(literal, name)
  if (name === undefined || subject === undefined) return undefined
  const kept = properties.filter((_, index) => names[index] !== 'sub')
  return {
    ...subjectOf(subject),
    claims: kept.length === 0 ? undefined : `{ ${kept.map(writeClaim).join(', ')} }`,
    unplain: kept.filter((one) => isInstance(one) && plainCopy(one) === undefined),
    hadSubject: name === 'sub',
  }
}

const unquoted = (name: string) => name.replaceAll(/^['"]|['"]$/g, '')

function subjectOf(subject: Expression): Pick<Payload, 'subject' | 'subjectType'> {
  const type = subject.getType()
  const text = subject.getText()
  if (type.isAny() || type.isUnknown()) return { subject: text, subjectType: 'unknown' }
  const parts = type.isUnion() ? type.getUnionTypes() : [type]
  if (parts.every((part) => part.isNumber() || part.isNumberLiteral()))
    return { subject: text, subjectType: 'number' }
  if (parts.every((part) => part.isString() || part.isStringLiteral()))
    return { subject: text, subjectType: 'string' }
  return {
    subject: `String(${text})`,
    subjectType: parts.some((part) => part.isNumber()) ? 'unknown' : 'string',
  }
}

/** `const { sub, ...claims } = payload` before the statement, for a variable whose type is known. */
function fromVariable(value: Node, edits: SourceEdits): Payload | undefined {
  const type = value.getType()
  if (type.isAny() || !isFreeOfReserved(type, ['sub'])) return undefined
  const property = ['sub', ...IDS]
    .map((name) => type.getProperty(name))
    .find((one) => one && !one.isOptional())
  if (property === undefined) return undefined
  const name = property.getName()
  const subjectType = kindOf(property.getTypeAtLocation(value))
  if (name !== 'sub') {
    return {
      subject: `${value.getText()}.${name}`,
      claims: `{ ...${value.getText()} }`,
      subjectType,
      hadSubject: false,
      unplain: [],
    }
  }
  const statement = value.getFirstAncestor((node) => Node.isStatement(node) && Node.isBlock(node.getParent()))
  const body = value.getFirstAncestor(
    (node) => Node.isMethodDeclaration(node) || Node.isFunctionDeclaration(node),
  )
  const isTaken = /\b(?:sub|claims)\b/.test((body?.getText() ?? '').replaceAll(/\.(?:sub|claims)\b/g, ''))
  if (statement === undefined || isTaken) return undefined
  const end = styleOf(statement.getSourceFile()).semicolon
  const line = `const { sub, ...claims } = ${value.getText()}${end}\n${lineIndent(statement)}`
  edits.insert(statement.getSourceFile(), statement.getStart(), line)
  return { subject: 'sub', claims: 'claims', subjectType, hadSubject: true, unplain: [] }
}

function kindOf(type: Type): Payload['subjectType'] {
  if (type.isString() || type.isStringLiteral()) return 'string'
  return type.isNumber() ? 'number' : 'unknown'
}

function isFreeOfReserved(type: Type, allowed: readonly string[] = []): boolean {
  if (type.isAny() || type.isUnknown()) return false
  return type
    .getProperties()
    .every((one) => allowed.includes(one.getName()) || ![...RESERVED, 'sub'].includes(one.getName()))
}

/** An instance of one of the app's classes is copied to a plain object, as jsonwebtoken did by writing it as JSON. */
const writeClaim = (property: Node) => plainCopy(property) ?? property.getText()

function plainCopy(property: Node): string | undefined {
  const value = isInstance(property)
    ? (property as PropertyAssignment | ShorthandPropertyAssignment)
    : undefined
  if (value === undefined) return undefined
  const text = Node.isPropertyAssignment(value) ? value.getInitializerOrThrow().getText() : value.getName()
  const parts = classesOf(value).flatMap((type) => type.getProperties())
  const isFlat = parts.every((part) => isPrimitive(part.getTypeAtLocation(property).getNonNullableType()))
  return isFlat ? `${value.getName()}: ${text} && { ...${text} }` : undefined
}

const isInstance = (property: Node) =>
  (Node.isPropertyAssignment(property) || Node.isShorthandPropertyAssignment(property)) &&
  classesOf(property).length > 0

function classesOf(property: PropertyAssignment | ShorthandPropertyAssignment): Type[] {
  const type = Node.isPropertyAssignment(property)
    ? property.getInitializer()?.getType()
    : property.getNameNode().getType()
  return partsOf(type).filter((part) => part.isClass() && part.getSymbol()?.getName() !== 'Date')
}

const partsOf = (type: Type | undefined): Type[] =>
  type?.isUnion() ? type.getUnionTypes() : type ? [type] : []

const isPrimitive = (type: Type) =>
  partsOf(type).every(
    (part) =>
      part.isString() ||
      part.isNumber() ||
      part.isBoolean() ||
      part.isLiteral() ||
      part.isUndefined() ||
      part.isNull(),
  )

/** Can be written a second time without doing anything twice. */
function isPure(node: Node): boolean {
  return !node
    .getDescendants()
    .some((one) =>
      [ts.SyntaxKind.CallExpression, ts.SyntaxKind.NewExpression, ts.SyntaxKind.AwaitExpression].includes(
        one.getKind(),
      ),
    )
}
