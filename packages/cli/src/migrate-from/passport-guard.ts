import { type ClassDeclaration, type MethodDeclaration, Node, ts } from 'ts-morph'
import { readsPublicMarksOnly } from './public-marks.js'
import { isImported } from './symbols.js'

/** Whether a subclass of `AuthGuard(…)` does what `JwtGuard` does: public routes pass, all others need a good token. */
export function isPlainPassportGuard(type: ClassDeclaration): boolean {
  const isKnown = type.getMethods().every((method) => KNOWN[method.getName()]?.(method) ?? false)
  const constructed = type.getConstructors().flatMap((one) => one.getStatements())
  return (
    isKnown &&
    readsPublicMarksOnly(type) &&
    constructed.every((statement) => statement.getText().startsWith('super(')) &&
    type.getProperties().length === 0
  )
}

const KNOWN: Readonly<Record<string, (method: MethodDeclaration) => boolean>> = {
  canActivate: letsPublicPass,
  handleRequest: throwsForNobody,
  getRequest: readsGraphqlRequest,
}

/** `return true` only where the metadata says so; otherwise what passport answers. */
function letsPublicPass(method: MethodDeclaration): boolean {
  const calls = method
    .getDescendantsOfKind(ts.SyntaxKind.CallExpression)
    .map((call) => call.getExpression().getText())
  const isHarmless = calls.every((callee) =>
    /^(?:this\.\w*reflector\.\w+|\w+\.(?:getHandler|getClass)|super\.canActivate)$/i.test(callee),
  )
  const returns = method.getDescendantsOfKind(ts.SyntaxKind.ReturnStatement)
  return (
    isHarmless &&
    method.getDescendantsOfKind(ts.SyntaxKind.ThrowStatement).length === 0 &&
    returns.every((one) =>
      /^(?:true|\(*(?:await )?super\.canActivate\(\w+\)\)?(?: as [\w<>| ]+)?\)?)$/.test(
        one.getExpression()?.getText() ?? '',
      ),
    ) &&
    returns
      .filter((one) => one.getExpression()?.getText() === 'true')
      .every((one) =>
        isMetadata(one.getFirstAncestorByKind(ts.SyntaxKind.IfStatement)?.getExpression(), method),
      )
  )
}

function isMetadata(condition: Node | undefined, method: MethodDeclaration): boolean {
  const value = Node.isIdentifier(condition)
    ? method.getVariableDeclaration(condition.getText())?.getInitializer()
    : condition
  return Node.isCallExpression(value) && /^this\.\w*reflector\.get/i.test(value.getText())
}

/** `if (err || !user) throw err || new UnauthorizedException(); return user`. */
function throwsForNobody(method: MethodDeclaration): boolean {
  const user = method.getParameters()[1]?.getName()
  const returns = method.getDescendantsOfKind(ts.SyntaxKind.ReturnStatement)
  const thrown = method.getDescendantsOfKind(ts.SyntaxKind.NewExpression)
  return (
    returns.every((one) => one.getExpression()?.getText() === user) &&
    method.getDescendantsOfKind(ts.SyntaxKind.CallExpression).length === 0 &&
    method.getDescendantsOfKind(ts.SyntaxKind.ThrowStatement).length > 0 &&
    thrown.every((one) => isImported(one.getExpression(), '@nestjs/common', 'UnauthorizedException'))
  )
}

/** `GqlExecutionContext.create(context).getContext().req`: `JwtGuard` knows GraphQL. */
function readsGraphqlRequest(method: MethodDeclaration): boolean {
  const body = method.getBody()
  return (
    Node.isBlock(body) &&
    /GqlExecutionContext\.create\(\w+\)/.test(body.getText()) &&
    /\.req;?\s*\}$/.test(body.getText())
  )
}
