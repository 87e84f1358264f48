import { type ClassDeclaration, type MethodDeclaration, Node, ts } from 'ts-morph'
import { publicKeysOf, readsPublicMarksOnly, typeNameOf } from './public-marks.js'
import { bare, isImported, literalOf, nameOnThis } from './symbols.js'
import type { JwtServiceMember, Survey } from './survey.js'

/** A guard that does what the recipe of Nest's documentation does, and nothing else. */
export interface RecipeGuard {
  readonly type: ClassDeclaration
  /** The second argument of `verifyAsync`. */
  readonly verifyOptions: Node | undefined
  /** The property of the request that gets the payload. */
  readonly attachesAs: string
  /** What it reads metadata by, to let public routes through. */
  readonly publicKeys: readonly Node[]
}

export function recipeGuards({ services }: Survey): RecipeGuard[] {
  return services.flatMap((member) => recipeGuardOf(member) ?? [])
}

function recipeGuardOf({ owner, uses }: JwtServiceMember): RecipeGuard | undefined {
  const only = uses.find(({ method }) => method.startsWith('verify'))
  if (only === undefined || uses.length !== 1 || owner.getMethod('canActivate') === undefined)
    return undefined
  const calls = owner.getDescendantsOfKind(ts.SyntaxKind.CallExpression)
  if (!calls.every((call) => call === only.call || isHarmless(call.getExpression(), owner))) return undefined
  const method = owner.getMethodOrThrow('canActivate')
  if (!readsBearerOnly(owner) || !throwsUnauthorizedOnly(owner)) return undefined
  if (!refusesBadTokens(only.call) || !lets(method) || !readsPublicMarksOnly(owner)) return undefined
  // Where only some requests are verified, the others pass for a reason that is not known.
  if (only.call.getFirstAncestorByKind(ts.SyntaxKind.IfStatement) !== undefined) return undefined
  const attachesAs = attachedProperty(method, only.call)
  if (attachesAs === undefined) return undefined
  return {
    type: owner,
    verifyOptions: only.call.getArguments()[1],
    attachesAs,
    publicKeys: publicKeysOf(owner),
  }
}

const METADATA = new Set(['get', 'getAll', 'getAllAndOverride', 'getAllAndMerge'])
const CONTEXT = ['getHandler', 'getClass', 'switchToHttp', 'getRequest', 'getType']
const TEXT = ['split', 'replace', 'slice', 'startsWith', 'trim', 'toLowerCase', 'substring']
const LOG = new Set(['log', 'debug', 'warn', 'error', 'verbose'])

function isHarmless(callee: Node, owner: ClassDeclaration): boolean {
  if (isImported(callee, '@nestjs/common', 'Injectable')) return true
  if (!Node.isPropertyAccessExpression(callee)) return false
  const name = callee.getName()
  const method = nameOnThis(callee)
  if (method !== undefined) return owner.getMethod(method) !== undefined
  if ([...CONTEXT, ...TEXT].includes(name)) return true
  const field = nameOnThis(callee.getExpression())
  const type = field === undefined ? '' : typeNameOf(owner, field)
  if (type === 'Reflector') return METADATA.has(name)
  if (type === 'Logger') return LOG.has(name)
  return type.startsWith('ConfigService') && ['get', 'getOrThrow'].includes(name)
}

/** Of the request, it reads the header `Authorization` alone. */
function readsBearerOnly(owner: ClassDeclaration): boolean {
  const words = owner.getText()
  return (
    /authorization/i.test(words) &&
    !/\b(?:cookies?|query|body|session|ip|ips|params|signedCookies)\b/.test(words)
  )
}

function throwsUnauthorizedOnly(owner: ClassDeclaration): boolean {
  return owner.getDescendantsOfKind(ts.SyntaxKind.ThrowStatement).every((statement) => {
    const thrown = statement.getExpression()
    return (
      Node.isNewExpression(thrown) &&
      isImported(thrown.getExpression(), '@nestjs/common', 'UnauthorizedException')
    )
  })
}

/** A `try` around the verification ends in a `throw`. */
function refusesBadTokens(verify: Node): boolean {
  const clause = verify.getFirstAncestorByKind(ts.SyntaxKind.TryStatement)?.getCatchClause()
  return (
    clause === undefined ||
    clause
      .getBlock()
      .getStatements()
      .some((one) => Node.isThrowStatement(one))
  )
}

/** It lets a request through at its end, and where the metadata says so, and nowhere else. */
function lets(method: MethodDeclaration): boolean {
  return method.getDescendantsOfKind(ts.SyntaxKind.ReturnStatement).every((statement) => {
    if (statement.getExpression()?.getText() !== 'true') return false
    const condition = statement.getFirstAncestorByKind(ts.SyntaxKind.IfStatement)?.getExpression()
    if (condition === undefined) return true
    const metadata = Node.isIdentifier(condition)
      ? method.getVariableDeclaration(condition.getText())?.getInitializer()
      : condition
    return metadata !== undefined && isMetadata(metadata)
  })
}

function isMetadata(node: Node): boolean {
  const callee = Node.isCallExpression(node) ? node.getExpression() : undefined
  return Node.isPropertyAccessExpression(callee) && METADATA.has(callee.getName())
}

/** `user` of `request.user = payload`, the one assignment there is. */
function attachedProperty(method: MethodDeclaration, verify: Node): string | undefined {
  const assignments = method
    .getDescendantsOfKind(ts.SyntaxKind.BinaryExpression)
    .filter((one) => one.getOperatorToken().getText() === '=')
  const attached = assignments.filter((one) => !Node.isIdentifier(one.getLeft()))
  const [only] = attached
  if (only === undefined || attached.length !== 1) return undefined
  const target = bare(only.getLeft())
  if (!comesFrom(only.getRight(), verify, method)) return undefined
  if (Node.isPropertyAccessExpression(target)) return target.getName()
  if (!Node.isElementAccessExpression(target)) return undefined
  const name = literalOf(target.getArgumentExpression())
  return typeof name === 'string' ? name : undefined
}

/** Whether a value is what `verify` resolved to: written there, or kept in a variable. */
function comesFrom(value: Node, verify: Node, method: MethodDeclaration): boolean {
  const source = bare(value)
  if (source === verify) return true
  if (Node.isAwaitExpression(source)) return comesFrom(source.getExpression(), verify, method)
  if (!Node.isIdentifier(source)) return false
  const assigned = method
    .getDescendantsOfKind(ts.SyntaxKind.BinaryExpression)
    .filter((one) => one.getLeft().getText() === source.getText())
    .map((one) => one.getRight())
  const declared = method.getVariableDeclaration(source.getText())
  const nested = method
    .getDescendantsOfKind(ts.SyntaxKind.VariableDeclaration)
    .filter((one) => one.getName() === source.getText())
  const values = [...assigned, ...[declared, ...nested].flatMap((one) => one?.getInitializer() ?? [])]
  return values.length > 0 && values.every((one) => comesFrom(one, verify, method))
}
