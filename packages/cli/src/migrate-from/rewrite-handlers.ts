import {
  type ClassDeclaration,
  type ElementAccessExpression,
  type MethodDeclaration,
  Node,
  type ParameterDeclaration,
  type PropertyAccessExpression,
  ts,
} from 'ts-morph'
import { carryNames } from './carry-over.js'
import type { AccessGuards } from './rewrite-guards.js'
import type { SourceEdits } from './source-edits.js'
import { callsOf, isImported, literalOf, nestDecorator } from './symbols.js'
import { CORE, PASSPORT, classOf, type Survey } from './survey.js'

/** A handler that takes the request for nothing but who sent it. */
export interface RequestUser {
  readonly method: MethodDeclaration
  readonly parameter: ParameterDeclaration
  /** Each `request.user`. */
  readonly uses: readonly Node[]
}

/** The handlers whose `request.user` is what the replaced guards put there, and only that. */
export function findRequestUsers(
  survey: Survey,
  guards: AccessGuards,
  strategy: string | undefined,
  name: string,
): RequestUser[] {
  return survey.files.flatMap((file) =>
    file.getClasses().flatMap((type) =>
      type.getMethods().flatMap((method) => {
        if (!isGuarded(method, type, guards, strategy)) return []
        return method.getParameters().flatMap((parameter) => requestUser(method, parameter, name) ?? [])
      }),
    ),
  )
}

function requestUser(
  method: MethodDeclaration,
  parameter: ParameterDeclaration,
  name: string,
): RequestUser | undefined {
  if (parameter.getDecorators().length !== 1 || nestDecorator(parameter, 'Req', 'Request') === undefined)
    return undefined
  if (!Node.isIdentifier(parameter.getNameNode())) return undefined
  const references = parameter.findReferencesAsNodes().filter((node) => node.getParent() !== parameter)
  const uses = references.map((node) => node.getParent()).filter((node) => isProperty(node, name))
  if (uses.length === 0 || uses.length !== references.length) return undefined
  const isChanged = uses.some((use) => {
    const parent = use.getParent()
    return Node.isBinaryExpression(parent) && parent.getLeft() === use
  })
  return isChanged ? undefined : { method, parameter, uses }
}

function isProperty(
  node: Node | undefined,
  name: string,
): node is PropertyAccessExpression | ElementAccessExpression {
  if (Node.isPropertyAccessExpression(node)) return node.getName() === name
  return Node.isElementAccessExpression(node) && literalOf(node.getArgumentExpression()) === name
}

/** Behind a guard of access tokens, and behind none that puts another user on the request. */
function isGuarded(
  method: MethodDeclaration,
  type: ClassDeclaration,
  guards: AccessGuards,
  strategy: string | undefined,
): boolean {
  const bound = [method, type].flatMap((node) => {
    const decorator = node
      .getDecorators()
      .find((one) => isImported(one.getCallExpression()?.getExpression(), '@nestjs/common', 'UseGuards'))
    return decorator?.getArguments() ?? []
  })
  const isAccess = (node: Node) => {
    const found = classOf(node)
    if (found !== undefined) return guards.types.includes(found)
    return (
      Node.isCallExpression(node) &&
      isImported(node.getExpression(), PASSPORT, 'AuthGuard') &&
      literalOf(node.getArguments()[0] ?? node) === strategy
    )
  }
  const others = bound.filter((node) => !isAccess(node))
  const isPublic = [method, type].some((node) =>
    node.getDecorators().some((one) => /public|skip|anonymous/i.test(one.getName())),
  )
  return (
    !isPublic &&
    (guards.isGlobal || others.length < bound.length) &&
    others.every((node) => leavesUser(classOf(node)))
  )
}

function leavesUser(guard: ClassDeclaration | undefined): boolean {
  if (guard === undefined) return false
  const isPassport = callsOf(guard.getSourceFile(), PASSPORT, 'AuthGuard').some((call) =>
    call.getAncestors().includes(guard),
  )
  const assigns = guard
    .getDescendantsOfKind(ts.SyntaxKind.BinaryExpression)
    .some((one) => one.getOperatorToken().getText() === '=' && /user/.test(one.getLeft().getText()))
  return !isPassport && !assigns
}

/** Gives the handlers what they use. `decorator`: `Claims` where the user is the payload itself. */
export function rewriteHandlers(
  found: readonly RequestUser[],
  decorator: 'Claims' | 'CurrentIdentity',
  edits: SourceEdits,
): RequestUser[] {
  return found.filter((one) => rewriteHandler(one, decorator, edits))
}

function rewriteHandler(
  { method, parameter, uses }: RequestUser,
  decorator: string,
  edits: SourceEdits,
): boolean {
  const file = method.getSourceFile()
  const name = decorator === 'Claims' ? 'claims' : 'user'
  const isTaken = isUsed(name, method, [parameter, ...uses])
  const type = typeOfUser(parameter, uses)
  if (isTaken || type === undefined) return false
  if (type.node !== undefined && !carryNames(type.node, file, edits)) return false
  const isWhole = decorator === 'Claims' && type.text === '' && uses.every((use) => !isTakenApart(use))
  if (isWhole) edits.addImport(file, CORE, 'JwtClaims', { type: true })
  edits.replace(parameter, `@${decorator}() ${name}${isWhole ? ': JwtClaims' : type.text}`)
  for (const use of uses) edits.replace(use, name)
  edits.addImport(file, CORE, decorator)
  return true
}

/** Whether a method has the name for another thing. */
function isUsed(name: string, method: MethodDeclaration, known: readonly Node[]): boolean {
  return method.getDescendantsOfKind(ts.SyntaxKind.Identifier).some((node) => {
    const parent = node.getParent()
    const isMember = Node.isPropertyAccessExpression(parent) && parent.getNameNode() === node
    return node.getText() === name && !isMember && !node.getAncestors().some((one) => known.includes(one))
  })
}

function isTakenApart(use: Node): boolean {
  const parent = use.getParent()
  return !Node.isReturnStatement(parent) && !Node.isArrowFunction(parent)
}

/** As the request's type says; nothing where the request has none. `undefined` where it cannot be written. */
function typeOfUser(
  parameter: ParameterDeclaration,
  uses: readonly Node[],
): { text: string; node?: Node } | undefined {
  const type = parameter.getTypeNode()
  if (type === undefined) return { text: '' }
  if (type.getText() === 'any') return { text: ': any' }
  if (Node.isTypeLiteral(type)) {
    const node = type
      .getProperties()
      .find((one) => one.getName() === uses[0]?.getText().split('.').at(-1))
      ?.getTypeNode()
    return node && { text: `: ${node.getText()}`, node }
  }
  const [argument, ...others] = Node.isTypeReference(type) ? type.getTypeArguments() : []
  const user = uses[0]?.getType()
  if (argument === undefined || others.length > 0 || user === undefined) return undefined
  return user.isAssignableTo(argument.getType())
    ? { text: `: ${argument.getText()}`, node: argument }
    : undefined
}

/** `get(request, 'user.id')`, `'user' in request`, `request[key]`. */
function mayName(node: Node, name: string): boolean {
  if (Node.isElementAccessExpression(node)) {
    const object = node.getExpression()
    const mayBeRequest = /req/i.test(object.getText()) || object.getType().isAny()
    return mayBeRequest && literalOf(node.getArgumentExpression()) === undefined
  }
  if (!Node.isStringLiteral(node) && !Node.isNoSubstitutionTemplateLiteral(node)) return false
  const parent = node.getParent()
  const isGiven = Node.isCallExpression(parent) && !Node.isDecorator(parent.getParent())
  return (isGiven || Node.isBinaryExpression(parent)) && node.getLiteralText().split(/\W/)[0] === name
}

/** Whether anything else reads who sent a request. */
export function readsUserElsewhere(survey: Survey, name: string, known: readonly Node[]): boolean {
  const isKnown = (node: Node) => node.getAncestors().some((one) => known.includes(one))
  return [...survey.files, ...survey.tests].some((file) =>
    file.getDescendants().some((node) => {
      if (isKnown(node)) return false
      if (isProperty(node, name)) return !Node.isThisExpression(node.getExpression())
      if (mayName(node, name)) return true
      return (
        Node.isBindingElement(node) && (node.getPropertyNameNode() ?? node.getNameNode()).getText() === name
      )
    }),
  )
}
