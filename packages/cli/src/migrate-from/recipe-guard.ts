import { type CallExpression, type ClassDeclaration, Node, type Statement } from 'ts-morph'
import { type Doubt, unknownPart } from './doubt.js'
import { isLog, refuses, unknownMember } from './guard-fields.js'
import { type MarkRead, PublicMarks } from './public-marks.js'
import type { JwtServiceMember } from './survey.js'
import { bare, literalOf } from './symbols.js'
import { TokenValues } from './token-values.js'

/** A guard that does what the recipe of Nest's documentation does, and nothing else. */
export interface RecipeGuard {
  readonly type: ClassDeclaration
  /** The second argument of `verifyAsync`. */
  readonly verifyOptions: Node | undefined
  /** The property of the request that gets the payload. */
  readonly attachesAs: string
  readonly marks: readonly MarkRead[]
  /** `false`: it takes a token after any scheme. */
  readonly asksForScheme: boolean
}

/** `undefined` for what is no guard that verifies tokens. */
export function readRecipeGuard({ owner, uses }: JwtServiceMember): RecipeGuard | Doubt | undefined {
  const verify = uses.find(({ method }) => method.startsWith('verify'))?.call
  const method = owner.getInstanceMethod('canActivate')
  if (verify === undefined || method === undefined) return undefined
  const extended = owner.getExtends()
  if (extended !== undefined) return unknownPart(extended)
  const other = uses.find(({ call }) => call !== verify)
  if (other !== undefined) return unknownPart(other.call)
  const [context, ...others] = method.getParameters()
  if (context === undefined || others.length > 0 || !Node.isIdentifier(context.getNameNode()))
    return unknownPart(method)
  const reader = new RecipeReader(owner, context.getName(), verify)
  const unknown = method.getStatements().find((one) => !reader.understands(one))
  if (unknown !== undefined) return unknownPart(reader.unknown ?? unknown)
  const { attachesAs, marks, values } = reader
  if (attachesAs === undefined || !reader.isDone) return unknownPart(method)
  const unread = owner.getInstanceMethods().find((one) => one !== method && !values.helpers.has(one))
  const member = unread ? unknownPart(unread) : unknownMember(owner, [])
  const { asksForScheme } = values
  return (
    member ?? {
      type: owner,
      verifyOptions: verify.getArguments()[1],
      attachesAs,
      marks: marks.reads,
      asksForScheme,
    }
  )
}

/** Reads `canActivate` statement by statement; what it does not know makes the guard stay. */
class RecipeReader {
  readonly marks: PublicMarks
  readonly values: TokenValues
  attachesAs: string | undefined
  /** It has returned `true`, after the verification. */
  isDone = false
  /** The statement within a `try` that is not understood. */
  unknown: Node | undefined
  private payload: string | undefined
  private readonly unset = new Set<string>()
  private isVerified = false

  constructor(
    private readonly owner: ClassDeclaration,
    private readonly context: string,
    private readonly verify: CallExpression,
  ) {
    this.marks = new PublicMarks(owner, context)
    this.values = new TokenValues(owner)
  }

  understands(statement: Statement): boolean {
    if (this.isDone) return false
    return (
      this.declares(statement) ||
      // A guard that looks at the token first may refuse on public routes too.
      (!this.hasStarted && this.marks.letsPass(statement)) ||
      this.refusesMissing(statement) ||
      this.tries(statement) ||
      this.assigns(statement) ||
      this.ends(statement) ||
      isLog(statement, this.owner)
    )
  }

  private get hasStarted(): boolean {
    return this.values.names.size > 0 || this.isVerified || this.refusesBefore
  }

  private refusesBefore = false

  private declares(statement: Statement): boolean {
    if (!Node.isVariableStatement(statement)) return false
    if (this.values.declares(statement)) return true
    return statement.getDeclarations().every((one) => {
      const value = one.getInitializer()
      if (!Node.isIdentifier(one.getNameNode())) return false
      if (value === undefined) this.unset.add(one.getName())
      else if (this.isRequest(value)) this.values.request ??= one.getName()
      else if (this.verifies(value)) this.payload = one.getName()
      else return this.marks.declares(one)
      return true
    })
  }

  private isRequest(value: Node): boolean {
    const text = bare(value).getText()
    const before = `${this.context}.switchToHttp().getRequest`
    return text.startsWith(before) && /^(?:<[^()]*>)?\(\)$/.test(text.slice(before.length))
  }

  /** `await this.jwtService.verifyAsync(token)`, the first and only time. */
  private verifies(value: Node): boolean {
    const awaited = bare(value)
    const call = bare(Node.isAwaitExpression(awaited) ? awaited.getExpression() : awaited)
    const isAwaited = call !== awaited || !this.verify.getExpression().getText().endsWith('Async')
    if (call !== this.verify || !isAwaited || !this.values.isToken(this.verify.getArguments()[0]))
      return false
    this.isVerified = true
    return true
  }

  /** `if (!token) throw new UnauthorizedException()`. */
  private refusesMissing(statement: Statement): boolean {
    if (!Node.isIfStatement(statement) || statement.getElseStatement() !== undefined) return false
    const condition = statement.getExpression()
    const isNoPayload = this.isVerified && condition.getText() === `!${this.payload}`
    if (!isNoPayload && !this.values.isMissing(condition)) return false
    this.refusesBefore = true
    return refuses(statement.getThenStatement(), this.owner)
  }

  private tries(statement: Statement): boolean {
    if (!Node.isTryStatement(statement) || statement.getFinallyBlock() !== undefined) return false
    const refusal = statement.getCatchClause()?.getBlock()
    if (refusal === undefined || !refuses(refusal, this.owner)) return false
    this.refusesBefore = true
    this.unknown = statement
      .getTryBlock()
      .getStatements()
      .find((one) => !this.understands(one))
    return this.unknown === undefined
  }

  /** `request.user = payload`, or the payload to a variable. */
  private assigns(statement: Statement): boolean {
    const assignment = Node.isExpressionStatement(statement) ? statement.getExpression() : undefined
    if (!Node.isBinaryExpression(assignment) || assignment.getOperatorToken().getText() !== '=') return false
    const [target, value] = [bare(assignment.getLeft()), bare(assignment.getRight())]
    if (Node.isIdentifier(target)) {
      if (!this.unset.has(target.getText()) || !this.verifies(value)) return false
      this.payload = target.getText()
      return true
    }
    const name = this.propertyOfRequest(target)
    if (name === undefined || this.attachesAs !== undefined) return false
    const isPayload = this.isVerified && Node.isIdentifier(value) && value.getText() === this.payload
    if (!isPayload && !this.verifies(value)) return false
    this.attachesAs = name
    return true
  }

  private propertyOfRequest(target: Node): string | undefined {
    const isMember = Node.isPropertyAccessExpression(target) || Node.isElementAccessExpression(target)
    if (!isMember || bare(target.getExpression()).getText() !== this.values.request) return undefined
    if (Node.isPropertyAccessExpression(target)) return target.getName()
    const name = literalOf(target.getArgumentExpression())
    return typeof name === 'string' ? name : undefined
  }

  private ends(statement: Statement): boolean {
    this.isDone =
      this.isVerified && Node.isReturnStatement(statement) && statement.getExpression()?.getText() === 'true'
    return this.isDone
  }
}
