import { type Expression, Node, type ParameterDeclaration, ts, VariableDeclarationKind } from 'ts-morph'
import { bare, declarationsOf, literalOf, memberOf, nameOnThis, symbolOf } from './symbols.js'

/**
 * One text for each way to read the same setting: `process.env.X`, `config.get('X')`, `this.config.getOrThrow('X')`. Two
 * settings have different ones, also if their expressions look alike.
 */
export function settingKey(node: Node, depth = 0): string {
  const value = bare(node)
  const env = /^process\.env(?:\.(\w+)|\[['"](\w+)['"]\])$/.exec(value.getText())
  if (env) return `setting ${env[1] ?? env[2]}`
  if (Node.isCallExpression(value)) {
    const callee = value.getExpression()
    const isRead = Node.isPropertyAccessExpression(callee) && ['get', 'getOrThrow'].includes(callee.getName())
    const name = literalOf(value.getArguments()[0])
    if (isRead && name !== undefined) return `setting ${name}`
  }
  const literal = literalOf(value)
  if (literal !== undefined) return `value ${literal}`
  const constant = assignedInConstructor(value) ?? constantOf(value)
  if (constant !== undefined && depth < 8) return settingKey(constant, depth + 1)
  const text = value
    .getText()
    .replaceAll(/\s+/g, '')
    .replace(/^this\./, '')
  return `${text} of ${originOf(value)}`
}

/** The value of `this.x` where the constructor is what sets it. */
export function assignedInConstructor(value: Node): Expression | undefined {
  const name = nameOnThis(value)
  const body = value.getFirstAncestorByKind(ts.SyntaxKind.ClassDeclaration)?.getConstructors()[0]?.getBody()
  if (name === undefined || body === undefined) return undefined
  const assigned = body
    .getDescendantsOfKind(ts.SyntaxKind.BinaryExpression)
    .filter((binary) => binary.getOperatorToken().getText() === '=' && nameOnThis(binary.getLeft()) === name)
  return assigned.length === 1 ? assigned[0]?.getRight() : undefined
}

/** What a constant, or a member of one, is set to. */
function constantOf(value: Node): Node | undefined {
  const name = Node.isPropertyAccessExpression(value) ? value.getNameNode() : value
  if (!Node.isIdentifier(name)) return undefined
  const [declaration, ...others] = declarationsOf(name)
  if (others.length > 0 || declaration === undefined) return undefined
  if (Node.isPropertyAssignment(declaration)) return declaration.getInitializer()
  const isConstant =
    Node.isVariableDeclaration(declaration) &&
    declaration.getVariableStatement()?.getDeclarationKind() === VariableDeclarationKind.Const
  return isConstant ? declaration.getInitializer() : undefined
}

/** Where the first name of an expression comes from: the class of what is injected, or else its declarations. */
function originOf(value: Node): string {
  const names = [value, ...value.getDescendants()].filter((one) => Node.isIdentifier(one))
  const origins = names.flatMap((name) => {
    const symbol = symbolOf(name)?.getValueDeclaration()
    if (Node.isParameterDeclaration(symbol)) return [injectedAs(symbol)]
    return name === names[0] ? declarationsOf(name).map(placeOf) : []
  })
  return origins.join()
}

const placeOf = (node: Node) => `${node.getSourceFile().getFilePath()} ${node.getStart()}`

/** What Nest injects as a parameter: the token that is named for it, or else its type. */
function injectedAs(parameter: ParameterDeclaration): string {
  const property = parameter.getParent()?.getParentIfKind(ts.SyntaxKind.PropertyAssignment)
  const list = memberOf(property?.getParent(), 'inject')
  const given = Node.isArrayLiteralExpression(list)
    ? list.getElements()[Math.floor(parameter.getChildIndex() / 2)]
    : parameter.getDecorator('Inject')?.getArguments()[0]
  const token = given ?? parameter.getTypeNode()
  if (token === undefined) return placeOf(parameter)
  const names = [token, ...token.getDescendants()].filter((one) => Node.isIdentifier(one))
  const declared = names.flatMap((one) => declarationsOf(one).map(placeOf))
  return [token.getText(), ...new Set(declared)].join()
}
