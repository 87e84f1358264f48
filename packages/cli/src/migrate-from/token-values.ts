import { type ClassDeclaration, type MethodDeclaration, Node } from 'ts-morph'
import { refuses } from './guard-fields.js'
import { bare, literalOf, nameOnThis } from './symbols.js'

/**
 * Tells which expressions of a guard are the header `Authorization` or a part of it, and which conditions say no more than
 * that it holds a bearer token.
 */
export class TokenValues {
  /** Variables that hold such a value. */
  readonly names = new Set<string>()
  /** Methods that return one. */
  readonly helpers = new Set<MethodDeclaration>()
  request: string | undefined

  /** `followsHelpers: false` within a helper, so that none is followed into another. */
  constructor(
    private readonly owner: ClassDeclaration,
    private readonly followsHelpers = true,
  ) {}

  isValue(node: Node | undefined): boolean {
    if (node === undefined) return false
    const value = bare(node)
    if (Node.isIdentifier(value)) return this.names.has(value.getText())
    if (this.isHeader(value)) return true
    if (Node.isCallExpression(value)) return this.isPart(value) || this.isReadByHelper(value)
    if (Node.isElementAccessExpression(value)) {
      return (
        /^[01]$/.test(value.getArgumentExpression()?.getText() ?? '') && this.isValue(value.getExpression())
      )
    }
    if (Node.isConditionalExpression(value)) {
      const [yes, no] = [value.getWhenTrue(), value.getWhenFalse()]
      return this.isThere(value.getCondition())
        ? this.isValue(yes) && isEmpty(no)
        : this.isMissing(value.getCondition()) && isEmpty(yes) && this.isValue(no)
    }
    if (!Node.isBinaryExpression(value)) return false
    const [left, right] = [value.getLeft(), value.getRight()]
    const operator = value.getOperatorToken().getText()
    if (operator === '&&') return this.isThere(left) && this.isValue(right)
    return ['??', '||'].includes(operator) && this.isValue(left) && isEmpty(right)
  }

  /** Only true with a bearer token, and for each of them. */
  isThere(node: Node): boolean {
    const value = bare(node)
    if (this.isValue(value)) return true
    if (Node.isCallExpression(value)) {
      const callee = value.getExpression()
      return (
        Node.isPropertyAccessExpression(callee) &&
        callee.getName() === 'startsWith' &&
        this.isValue(callee.getExpression()) &&
        isScheme(value.getArguments()[0])
      )
    }
    if (!Node.isBinaryExpression(value)) return false
    const operator = value.getOperatorToken().getText()
    if (operator === '&&') return this.isThere(value.getLeft()) && this.isThere(value.getRight())
    return /^===?$/.test(operator) && this.isScheme(value.getLeft()) && isScheme(value.getRight())
  }

  /** Only true where no bearer token is sent. */
  isMissing(node: Node): boolean {
    const value = bare(node)
    if (Node.isPrefixUnaryExpression(value)) {
      return value.getText().startsWith('!') && this.isThere(value.getOperand())
    }
    if (!Node.isBinaryExpression(value)) return false
    const [left, right] = [value.getLeft(), value.getRight()]
    const operator = value.getOperatorToken().getText()
    if (operator === '||') return this.isMissing(left) && this.isMissing(right)
    if (/^===?$/.test(operator)) return this.isValue(left) && isEmpty(right)
    return /^!==?$/.test(operator) && this.isScheme(left) && isScheme(right)
  }

  private isScheme(node: Node): boolean {
    const value = bare(node)
    const callee = Node.isCallExpression(value) ? value.getExpression() : undefined
    if (Node.isPropertyAccessExpression(callee) && callee.getName() === 'toLowerCase')
      return this.isValue(callee.getExpression())
    return this.isValue(value)
  }

  /** `request.headers.authorization`, `request.header('authorization')`. */
  private isHeader(value: Node): boolean {
    if (this.request === undefined) return false
    const text = value.getText().replaceAll('?.', '.').replaceAll('"', "'")
    const name = `${this.request}.`
    if (!text.startsWith(name)) return false
    const read = text.slice(name.length)
    return (
      /^headers\.?(?:authorization|\['authorization'\])$/.test(read) ||
      /^(?:header|get)\('[aA]uthorization'\)$/.test(read)
    )
  }

  /** `header.split(' ')`, `header.slice(7)`. */
  private isPart(call: Node): boolean {
    const callee = Node.isCallExpression(call) ? call.getExpression() : undefined
    if (!Node.isPropertyAccessExpression(callee) || !this.isValue(callee.getExpression())) return false
    const written = call.getText().slice(callee.getText().length).replaceAll('"', "'")
    return PARTS.some((part) => part.test(`${callee.getName()}${written}`))
  }

  /** `this.extractToken(request)`. */
  private isReadByHelper(call: Node): boolean {
    if (!this.followsHelpers || !Node.isCallExpression(call)) return false
    const name = nameOnThis(call.getExpression())
    const method = name === undefined ? undefined : this.owner.getInstanceMethod(name)
    const [given, ...others] = call.getArguments()
    const [parameter, ...more] = method?.getParameters() ?? []
    if (method === undefined || given === undefined || parameter === undefined) return false
    if (others.length > 0 || more.length > 0 || !Node.isIdentifier(parameter.getNameNode())) return false
    const inside = new TokenValues(this.owner, false)
    if (Node.isIdentifier(given) && given.getText() === this.request) inside.request = parameter.getName()
    else if (this.isValue(given)) inside.names.add(parameter.getName())
    else return false
    if (method.isAsync() || parameter.hasInitializer() || !inside.isRead(method)) return false
    this.helpers.add(method)
    return true
  }

  private isRead(method: MethodDeclaration): boolean {
    const statements = method.getStatements()
    return (
      Node.isReturnStatement(statements.at(-1)) &&
      statements.every((one) => {
        if (Node.isVariableStatement(one)) return this.declares(one)
        if (Node.isReturnStatement(one)) return this.isAnswer(one)
        if (!Node.isIfStatement(one) || one.getElseStatement() !== undefined) return false
        const then = one.getThenStatement()
        const [only, ...others] = Node.isBlock(then) ? then.getStatements() : [then]
        if (this.isMissing(one.getExpression())) {
          return refuses(then, this.owner) || (others.length === 0 && returnsEmpty(only))
        }
        return others.length === 0 && this.isThere(one.getExpression()) && this.isAnswer(only)
      })
    )
  }

  private isAnswer(statement: Node | undefined): boolean {
    if (!Node.isReturnStatement(statement)) return false
    return returnsEmpty(statement) || this.isValue(statement.getExpression())
  }

  /** `const [type, token] = …`. */
  declares(statement: Node): boolean {
    if (!Node.isVariableStatement(statement)) return false
    return statement.getDeclarations().every((one) => {
      if (!this.isValue(one.getInitializer())) return false
      const name = one.getNameNode()
      const names = Node.isArrayBindingPattern(name)
        ? name.getElements().filter((element) => !Node.isOmittedExpression(element))
        : [name]
      if (Node.isObjectBindingPattern(name) || names.some((each) => !/^\w+$/.test(each.getText())))
        return false
      for (const each of names) this.names.add(each.getText())
      return true
    })
  }
}

const PARTS = [
  /^split\(' '\)$/,
  /^(?:slice|substring)\((?:7|'[bB]earer '\.length)\)$/,
  /^trim\(\)$/,
  /^replace\((?:'[bB]earer '|\/\^?[bB]earer(?: |\\s[+*]?)\/i?), ''\)$/,
]

const isScheme = (node: Node | undefined): boolean => /^bearer ?$/i.test(String(literalOf(node)))

const isEmpty = (node: Node): boolean => /^(?:undefined|null|''|""|\[\])$/.test(bare(node).getText())

function returnsEmpty(statement: Node | undefined): boolean {
  if (!Node.isReturnStatement(statement)) return false
  const value = statement.getExpression()
  return value === undefined || isEmpty(value)
}
