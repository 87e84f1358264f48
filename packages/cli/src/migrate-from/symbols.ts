import {
  type Expression,
  Node,
  type SourceFile,
  type Symbol as TypeSymbol,
  ts,
  VariableDeclarationKind,
} from 'ts-morph'

/** Whether an identifier is bound to one of these names of a module, whatever it is called here. */
export function isImported(node: Node | undefined, module: string, ...names: readonly string[]): boolean {
  if (!Node.isIdentifier(node)) return false
  return (symbolOf(node)?.getDeclarations() ?? []).some(
    (declaration) =>
      Node.isImportSpecifier(declaration) &&
      declaration.getImportDeclaration().getModuleSpecifierValue() === module &&
      names.includes(declaration.getName()),
  )
}

/** What a name stands for; in `{ name }` that is the variable, and not the member. */
export function symbolOf(node: Node | undefined): TypeSymbol | undefined {
  const parent = node?.getParent()
  const isShorthand = Node.isShorthandPropertyAssignment(parent) && parent.getNameNode() === node
  return isShorthand ? parent.getValueSymbol() : node?.getSymbol()
}

/** The declarations that an identifier leads to, through imports and re-exports. */
export function declarationsOf(node: Node | undefined): readonly Node[] {
  const symbol = symbolOf(node)
  return (symbol?.getAliasedSymbol() ?? symbol)?.getDeclarations() ?? []
}

/** The calls of a function that is imported, or of a member of a class that is. */
export function callsOf(file: SourceFile, module: string, name: string, member?: string) {
  return file.getDescendantsOfKind(ts.SyntaxKind.CallExpression).filter((call) => {
    const callee = call.getExpression()
    if (member === undefined) return isImported(callee, module, name)
    return (
      Node.isPropertyAccessExpression(callee) &&
      callee.getName() === member &&
      isImported(callee.getExpression(), module, name)
    )
  })
}

/** `x` of `this.x`. */
export function nameOnThis(node: Node | undefined): string | undefined {
  if (!Node.isPropertyAccessExpression(node) || !Node.isThisExpression(node.getExpression())) return undefined
  return node.getName()
}

/** The expression without parentheses, `as`, `!` and `satisfies`. */
export function bare(node: Node): Node {
  return Node.isParenthesizedExpression(node) ||
    Node.isAsExpression(node) ||
    Node.isNonNullExpression(node) ||
    Node.isSatisfiesExpression(node)
    ? bare(node.getExpression())
    : node
}

/** The value of a member of an object literal; `undefined` where it is not written there as an expression. */
export function memberOf(object: Node | undefined, name: string): Expression | undefined {
  if (!Node.isObjectLiteralExpression(object)) return undefined
  const property =
    object.getProperty(name) ?? object.getProperty(`'${name}'`) ?? object.getProperty(`"${name}"`)
  if (Node.isShorthandPropertyAssignment(property)) return property.getNameNode()
  return Node.isPropertyAssignment(property) ? property.getInitializer() : undefined
}

/** The names that are written in an object literal; `undefined` if not all are known. */
export function memberNames(object: Node): readonly string[] | undefined {
  if (!Node.isObjectLiteralExpression(object)) return undefined
  const names = object
    .getProperties()
    .map((property) =>
      Node.isPropertyAssignment(property) || Node.isShorthandPropertyAssignment(property)
        ? property.getName().replaceAll(/^['"]|['"]$/g, '')
        : undefined,
    )
  return names.every((name) => name !== undefined) ? names : undefined
}

/** A string or a number that is written out, here or in the constant that is named here. */
export function literalOf(node: Node | undefined): string | number | undefined {
  if (node === undefined) return undefined
  const value = bare(node)
  if (Node.isStringLiteral(value) || Node.isNoSubstitutionTemplateLiteral(value))
    return value.getLiteralText()
  if (Node.isNumericLiteral(value)) return value.getLiteralValue()
  if (!Node.isIdentifier(value) && !Node.isPropertyAccessExpression(value)) return undefined
  const name = Node.isIdentifier(value) ? value : value.getNameNode()
  for (const declaration of declarationsOf(name)) {
    if (Node.isEnumMember(declaration)) return declaration.getValue()
    const isConstant =
      Node.isPropertyAssignment(declaration) ||
      (Node.isPropertyDeclaration(declaration) && declaration.isStatic() && declaration.isReadonly()) ||
      (Node.isVariableDeclaration(declaration) &&
        declaration.getVariableStatement()?.getDeclarationKind() === VariableDeclarationKind.Const)
    if (isConstant) return literalOf(declaration.getInitializer())
  }
  return undefined
}

/** The decorator of a class or a member that is imported by this name from `@nestjs/common`. */
export function nestDecorator(node: Node, ...names: readonly string[]) {
  if (!Node.isDecoratable(node)) return undefined
  return node.getDecorators().find((decorator) => {
    const callee = decorator.getCallExpression()?.getExpression()
    return isImported(callee, '@nestjs/common', ...names)
  })
}

/** The white space that a node's line begins with. */
export function lineIndent(node: Node): string {
  const before = node.getSourceFile().getFullText().slice(0, node.getStart())
  return /[ \t]*/.exec(before.slice(before.lastIndexOf('\n') + 1))?.[0] ?? ''
}
