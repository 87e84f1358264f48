import { type CallExpression, type ClassDeclaration, type MethodDeclaration, Node } from 'ts-morph'
import { refuses } from './guard-fields.js'
import { bare, literalOf, nameOnThis } from './symbols.js'

/** The header `Authorization`, its parts as an array, or one of the two. */
type Part = 'header' | 'parts' | 'scheme' | 'token'

/**
 * Tells which expressions of a guard are the header `Authorization` or a part of it, and which conditions say no more than
 * that it holds a bearer token.
 */
export class TokenValues {
  /** Variables that hold such a value. */
  readonly names = new Map<string, Part>()
  /** Methods that return one. */
  readonly helpers = new Set<MethodDeclaration>()
  request: string | undefined
  /** Whether a condition asks for the scheme `Bearer`. */
  asksForScheme = false

  /** `followsHelpers: false` within a helper, so that none is followed into another. */
  constructor(
    private readonly owner: ClassDeclaration,
    private readonly followsHelpers = true,
  ) {}

  /** The token itself, and not the whole header. */
  isToken(node: Node | undefined): boolean {
    return this.partOf(node) === 'token'
  }

  private isValue(node: Node | undefined): boolean {
    return this.partOf(node) !== undefined
  }

  private partOf(node: Node | undefined): Part | undefined {
    if (node === undefined) return undefined
    const value = bare(node)
    if (Node.isIdentifier(value)) return this.names.get(value.getText())
    if (this.isHeader(value)) return 'header'
    if (Node.isCallExpression(value)) return this.cutBy(value) ?? this.readByHelper(value)
    if (Node.isElementAccessExpression(value)) {
      const index = value.getArgumentExpression()?.getText() ?? ''
      return this.partOf(value.getExpression()) === 'parts' ? ELEMENTS[Number(index)] : undefined
    }
    if (Node.isConditionalExpression(value)) {
      const [yes, no] = [value.getWhenTrue(), value.getWhenFalse()]
      if (this.isThere(value.getCondition())) return isEmpty(no) ? this.partOf(yes) : undefined
      return this.isMissing(value.getCondition()) && isEmpty(yes) ? this.partOf(no) : undefined
    }
    if (!Node.isBinaryExpression(value)) return undefined
    const [left, right] = [value.getLeft(), value.getRight()]
    const operator = value.getOperatorToken().getText()
    if (operator === '&&') return this.isThere(left) ? this.partOf(right) : undefined
    return ['??', '||'].includes(operator) && isEmpty(right) ? this.partOf(left) : undefined
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
        this.partOf(callee.getExpression()) === 'header' &&
        this.isBearer(value.getArguments()[0])
      )
    }
    if (!Node.isBinaryExpression(value)) return false
    const operator = value.getOperatorToken().getText()
    if (operator === '&&') return this.isThere(value.getLeft()) && this.isThere(value.getRight())
    return /^===?$/.test(operator) && this.isScheme(value.getLeft()) && this.isBearer(value.getRight())
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
    return /^!==?$/.test(operator) && this.isScheme(left) && this.isBearer(right)
  }

  private isScheme(node: Node): boolean {
    const value = bare(node)
    const callee = Node.isCallExpression(value) ? value.getExpression() : undefined
    const isLower = Node.isPropertyAccessExpression(callee) && callee.getName() === 'toLowerCase'
    return this.partOf(isLower ? callee.getExpression() : value) === 'scheme'
  }

  private isBearer(node: Node | undefined): boolean {
    const isBearer = /^bearer ?$/i.test(String(literalOf(node)))
    if (isBearer) this.asksForScheme = true
    return isBearer
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

  /** `header.split(' ')`, `header.slice(7)`, `token.trim()`. */
  private cutBy(call: CallExpression): Part | undefined {
    const callee = call.getExpression()
    if (!Node.isPropertyAccessExpression(callee)) return undefined
    const part = this.partOf(callee.getExpression())
    const written = callee.getName() + call.getText().slice(callee.getText().length).replaceAll('"', "'")
    if (written === 'trim()') return part === 'parts' ? undefined : part
    if (part !== 'header') return undefined
    if (written === "split(' ')") return 'parts'
    return CUTS.some((cut) => cut.test(written)) ? 'token' : undefined
  }

  /** `this.extractToken(request)`. */
  private readByHelper(call: CallExpression): Part | undefined {
    if (!this.followsHelpers) return undefined
    const name = nameOnThis(call.getExpression())
    const method = name === undefined ? undefined : this.owner.getInstanceMethod(name)
    const [given, ...others] = call.getArguments()
    const [parameter, ...more] = method?.getParameters() ?? []
    if (method === undefined || given === undefined || parameter === undefined) return undefined
    if (others.length > 0 || more.length > 0 || !Node.isIdentifier(parameter.getNameNode())) return undefined
    if (method.isAsync() || parameter.hasInitializer()) return undefined
    const inside = new TokenValues(this.owner, false)
    const part = this.partOf(given)
    if (Node.isIdentifier(given) && given.getText() === this.request) inside.request = parameter.getName()
    else if (part !== undefined) inside.names.set(parameter.getName(), part)
    else return undefined
    const answer = inside.answerOf(method)
    if (answer === undefined) return undefined
    this.helpers.add(method)
    this.asksForScheme ||= inside.asksForScheme
    return answer
  }

  /** What a helper returns where it returns anything. */
  private answerOf(method: MethodDeclaration): Part | undefined {
    const statements = method.getStatements()
    const answers: (Node | undefined)[] = []
    const isAnswer = (statement: Node | undefined) => {
      if (!Node.isReturnStatement(statement)) return false
      if (!returnsEmpty(statement)) answers.push(statement.getExpression())
      return true
    }
    const isRead = statements.every((one) => {
      if (Node.isVariableStatement(one)) return this.declares(one)
      if (Node.isReturnStatement(one)) return isAnswer(one)
      if (!Node.isIfStatement(one) || one.getElseStatement() !== undefined) return false
      const then = one.getThenStatement()
      const [only, ...others] = Node.isBlock(then) ? then.getStatements() : [then]
      if (this.isMissing(one.getExpression())) {
        return refuses(then, this.owner) || (others.length === 0 && returnsEmpty(only))
      }
      return others.length === 0 && this.isThere(one.getExpression()) && isAnswer(only)
    })
    if (!isRead || !Node.isReturnStatement(statements.at(-1))) return undefined
    const [part, ...others] = new Set(answers.map((one) => this.partOf(one)))
    return others.length === 0 ? part : undefined
  }

  /** `const [type, token] = …`. */
  declares(statement: Node): boolean {
    if (!Node.isVariableStatement(statement)) return false
    return statement.getDeclarations().every((one) => {
      const [name, part] = [one.getNameNode(), this.partOf(one.getInitializer())]
      if (Node.isIdentifier(name)) return this.holds(name.getText(), part)
      if (!Node.isArrayBindingPattern(name) || part !== 'parts') return false
      return name
        .getElements()
        .every((each, index) => Node.isOmittedExpression(each) || this.holds(each.getText(), ELEMENTS[index]))
    })
  }

  private holds(name: string, part: Part | undefined): boolean {
    if (part === undefined || !/^\w+$/.test(name)) return false
    this.names.set(name, part)
    return true
  }
}

/** Of the header, split. */
const ELEMENTS: readonly Part[] = ['scheme', 'token']

const CUTS = [
  /^(?:slice|substring)\((?:7|'[bB]earer '\.length)\)$/,
  /^replace\((?:'[bB]earer '|\/\^?[bB]earer(?: |\\s[+*]?)\/i?), ''\)$/,
]

const isEmpty = (node: Node): boolean => /^(?:undefined|null|''|""|\[\])$/.test(bare(node).getText())

function returnsEmpty(statement: Node | undefined): boolean {
  if (!Node.isReturnStatement(statement)) return false
  const value = statement.getExpression()
  return value === undefined || isEmpty(value)
}
