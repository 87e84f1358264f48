import { type ClassDeclaration, Node, type VariableDeclaration } from 'ts-morph'
import { isField } from './guard-fields.js'
import { bare } from './symbols.js'

/** How a guard reads a mark of public routes. */
export interface MarkRead {
  readonly key: Node
  readonly reads: 'handler' | 'handler and class'
}

/**
 * Reads the statements by which a guard lets public routes through, before it looks at the token. Other ways to read
 * metadata, such as of the class first, decide differently from `JwtGuard` and are not understood.
 */
export class PublicMarks {
  readonly reads: MarkRead[] = []
  private readonly flags = new Map<string, MarkRead>()

  constructor(
    private readonly owner: ClassDeclaration,
    private readonly context: string,
  ) {}

  /** `const isPublic = this.reflector.getAllAndOverride(…)`. */
  declares(declaration: VariableDeclaration): boolean {
    if (!Node.isIdentifier(declaration.getNameNode())) return false
    const read = this.readOf(declaration.getInitializer())
    if (read !== undefined) this.flags.set(declaration.getName(), read)
    return read !== undefined
  }

  /** `if (isPublic) return true`. */
  letsPass(statement: Node): boolean {
    if (!Node.isIfStatement(statement) || statement.getElseStatement() !== undefined) return false
    const condition = bare(statement.getExpression())
    const read = Node.isIdentifier(condition) ? this.flags.get(condition.getText()) : this.readOf(condition)
    if (read === undefined || !returnsTrue(statement.getThenStatement())) return false
    this.reads.push(read)
    return true
  }

  private readOf(node: Node | undefined): MarkRead | undefined {
    const call = node && bare(node)
    const callee = Node.isCallExpression(call) ? call.getExpression() : undefined
    if (!Node.isCallExpression(call) || !Node.isPropertyAccessExpression(callee)) return undefined
    if (!isField(callee.getExpression(), this.owner, '@nestjs/core', 'Reflector')) return undefined
    const [key, targets, ...others] = call.getArguments()
    if (key === undefined || targets === undefined || others.length > 0) return undefined
    const read = TARGETS[`${callee.getName()} ${this.withoutContext(targets)}`]
    return read && { key, reads: read }
  }

  private withoutContext(targets: Node): string {
    return targets
      .getText()
      .replaceAll(/\s|,(?=\s*\])/g, '')
      .replaceAll(`${this.context}.`, '')
  }
}

const TARGETS: Readonly<Record<string, MarkRead['reads']>> = {
  'get getHandler()': 'handler',
  'getAllAndOverride [getHandler()]': 'handler',
  'getAllAndOverride [getHandler(),getClass()]': 'handler and class',
}

function returnsTrue(statement: Node): boolean {
  if (Node.isBlock(statement)) {
    const [only, ...others] = statement.getStatements()
    return only !== undefined && others.length === 0 && returnsTrue(only)
  }
  return Node.isReturnStatement(statement) && statement.getExpression()?.getText() === 'true'
}
