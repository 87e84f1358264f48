import { type ClassDeclaration, type MethodDeclaration, Node, type Statement } from 'ts-morph'
import { type Doubt, unknownPart } from './doubt.js'
import { isLog, isUnauthorized, unknownMember } from './guard-fields.js'
import { type MarkRead, PublicMarks } from './public-marks.js'
import { bare, isImported } from './symbols.js'

/** What a subclass of `AuthGuard(…)` reads, if it does what `JwtGuard` does and nothing else. */
export function readPassportGuard(type: ClassDeclaration): readonly MarkRead[] | Doubt {
  const member = unknownMember(type, ['super()', 'super();'])
  if (member !== undefined) return member
  const reads: MarkRead[] = []
  for (const method of type.getInstanceMethods()) {
    const read = READERS[method.getName()]
    if (read === undefined) return unknownPart(method)
    const unknown = read(method, type, reads)
    if (unknown !== undefined) return unknownPart(unknown)
  }
  return reads
}

/** Answers with the first statement that is not understood. */
type Reader = (method: MethodDeclaration, type: ClassDeclaration, reads: MarkRead[]) => Node | undefined

const READERS: Readonly<Record<string, Reader>> = {
  canActivate: readCanActivate,
  handleRequest: readHandleRequest,
  getRequest: readGetRequest,
}

/** Public routes pass, and passport decides about all others. */
function readCanActivate(
  method: MethodDeclaration,
  type: ClassDeclaration,
  reads: MarkRead[],
): Node | undefined {
  const context = method.getParameters()[0]?.getName() ?? ''
  const marks = new PublicMarks(type, context)
  const isPassport = (one: Statement) =>
    Node.isReturnStatement(one) && awaited(one.getExpression()) === `super.canActivate(${context})`
  const statements = method.getStatements()
  const unknown = statements.find(
    (one) =>
      !(Node.isVariableStatement(one) && one.getDeclarations().every((each) => marks.declares(each))) &&
      !marks.letsPass(one) &&
      !isPassport(one) &&
      !isLog(one, type),
  )
  const last = statements.at(-1)
  reads.push(...marks.reads)
  return unknown ?? (last !== undefined && isPassport(last) ? undefined : method)
}

function awaited(node: Node | undefined): string | undefined {
  const value = node && bare(node)
  return Node.isAwaitExpression(value) ? bare(value.getExpression()).getText() : value?.getText()
}

/** `if (err || !user) throw err || new UnauthorizedException(); return user`. */
function readHandleRequest(method: MethodDeclaration, type: ClassDeclaration): Node | undefined {
  const [error, user, info] = method.getParameters().map((one) => one.getName())
  const refusesBadTokens = (one: Statement) => {
    if (!Node.isIfStatement(one) || one.getElseStatement() !== undefined) return false
    const parts = one.getExpression().getText().split('||').map((part) => part.trim()) // prettier-ignore
    return (
      parts.every((part) => [error, `!${user}`, info].includes(part)) && throwsError(one.getThenStatement())
    )
  }
  const throwsError = (one: Node): boolean => {
    if (Node.isBlock(one)) {
      const statements = one.getStatements()
      const last = statements.at(-1)
      return (
        last !== undefined && throwsError(last) && statements.slice(0, -1).every((each) => isLog(each, type))
      )
    }
    if (!Node.isThrowStatement(one)) return false
    const thrown = bare(one.getExpression())
    if (!Node.isBinaryExpression(thrown)) return thrown.getText() === error || isUnauthorized(thrown)
    return thrown.getLeft().getText() === error && isUnauthorized(bare(thrown.getRight()))
  }
  const statements = method.getStatements()
  const last = statements.at(-1)
  const returned = Node.isReturnStatement(last) ? last.getExpression() : undefined
  if (last === undefined || returned === undefined || bare(returned).getText() !== user) return last ?? method
  const before = statements.slice(0, -1)
  const refusesNobody = before.find(
    (one) => Node.isIfStatement(one) && one.getExpression().getText().includes(`!${user}`),
  )
  const unknown = before.find((one) => !refusesBadTokens(one) && !isLog(one, type))
  return unknown ?? (refusesNobody === undefined ? method : undefined)
}

/** `GqlExecutionContext.create(context).getContext().req`: `JwtGuard` knows GraphQL. */
function readGetRequest(method: MethodDeclaration): Node | undefined {
  const context = method.getParameters()[0]?.getName() ?? ''
  const statements = method.getStatements()
  const [first, second] = statements
  const [declared] = Node.isVariableStatement(first) ? first.getDeclarations() : []
  const created = declared?.getInitializer()
  const returned = [first, second].find((one) => Node.isReturnStatement(one))?.getExpression()
  const expected = `${declared?.getName() ?? `GqlExecutionContext.create(${context})`}.getContext().req`
  const isRead = returned?.getText().replaceAll(/\s|<[^()]*>/g, '') === expected
  const isCreated =
    declared === undefined
      ? statements.length === 1
      : statements.length === 2 && created?.getText() === `GqlExecutionContext.create(${context})`
  const names = method
    .getDescendants()
    .filter((one) => one.getText() === 'GqlExecutionContext' && Node.isIdentifier(one))
  const isNest = names.every((one) => isImported(one, '@nestjs/graphql', 'GqlExecutionContext'))
  return isRead && isCreated && isNest ? undefined : (first ?? method)
}
