import { type ClassDeclaration, Node, ts } from 'ts-morph'
import { nameOnThis } from './symbols.js'

const METADATA = new Set(['get', 'getAll', 'getAllAndOverride', 'getAllAndMerge'])

/** What a guard reads metadata by, to let public routes through. */
export function publicKeysOf(guard: ClassDeclaration): Node[] {
  return readsOf(guard).flatMap((read) => read.getArguments().slice(0, 1))
}

/**
 * Whether all metadata that a guard reads means "this route is public": each is the whole condition of an `if` that does
 * nothing but `return true`. Any other, such as a mark of routes that need a token, is none that `@Public()` could replace.
 */
export function readsPublicMarksOnly(guard: ClassDeclaration): boolean {
  return readsOf(guard).every((read) => {
    const declared = read.getParentIfKind(ts.SyntaxKind.VariableDeclaration)
    const uses = declared === undefined ? [read] : usesOf(guard, declared.getName())
    return uses.length > 0 && uses.every(letsPass)
  })
}

/** Calls of a `Reflector`. What calls a field `reflector` is taken for one too. */
function readsOf(guard: ClassDeclaration) {
  return guard.getDescendantsOfKind(ts.SyntaxKind.CallExpression).filter((call) => {
    const callee = call.getExpression()
    if (!Node.isPropertyAccessExpression(callee) || !METADATA.has(callee.getName())) return false
    const field = nameOnThis(callee.getExpression())
    return field !== undefined && (typeNameOf(guard, field) === 'Reflector' || /reflector/i.test(field))
  })
}

function usesOf(guard: ClassDeclaration, name: string): Node[] {
  return guard
    .getDescendantsOfKind(ts.SyntaxKind.Identifier)
    .filter((one) => one.getText() === name && !Node.isVariableDeclaration(one.getParent()))
}

function letsPass(condition: Node): boolean {
  const statement = condition.getParentIfKind(ts.SyntaxKind.IfStatement)
  if (statement?.getExpression() !== condition || statement.getElseStatement() !== undefined) return false
  const then = statement.getThenStatement()
  const only = Node.isBlock(then) && then.getStatements().length === 1 ? then.getStatements()[0] : then
  return Node.isReturnStatement(only) && only.getExpression()?.getText() === 'true'
}

/** The type of a field, as it is written in the constructor or at the property. */
export function typeNameOf(owner: ClassDeclaration, field: string): string {
  const parameter = owner
    .getConstructors()
    .flatMap((one) => one.getParameters())
    .find((one) => one.getName() === field)
  const property = owner.getProperty(field)
  const created = property?.getInitializerIfKind(ts.SyntaxKind.NewExpression)?.getExpression().getText()
  return parameter?.getTypeNode()?.getText() ?? property?.getTypeNode()?.getText() ?? created ?? ''
}
