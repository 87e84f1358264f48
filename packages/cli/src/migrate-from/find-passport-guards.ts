import { type CallExpression, type ClassDeclaration, Node, ts } from 'ts-morph'
import { isBound, isProvidedGlobally } from './guard-uses.js'
import type { Rest } from './rest.js'
import { isImported, literalOf, memberNames, memberOf } from './symbols.js'
import { PASSPORT, type Survey } from './survey.js'

interface PassportGuards {
  /** The classes that extend `AuthGuard('jwt')`. */
  readonly types: readonly ClassDeclaration[]
  /** `AuthGuard('jwt')` where it is bound as it is. */
  readonly calls: readonly CallExpression[]
}

/** The guards of passport that ask this strategy. The list names those of which it is not certain. */
export function findPassportGuards(survey: Survey, strategy: string, rest: Rest): PassportGuards {
  const types: ClassDeclaration[] = []
  const calls: CallExpression[] = []
  for (const call of survey.guardCalls) {
    const [given] = call.getArguments()
    const name = given === undefined ? defaultStrategy(survey) : literalOf(given)
    if (name !== undefined && name !== strategy) continue
    const type = call.getFirstAncestorByKind(ts.SyntaxKind.ClassDeclaration)
    if (name === undefined) refuseUnnamed(call, strategy, rest)
    else if (type?.getExtends()?.getExpression() === call) types.push(type)
    else if (isBound(call) || isProvidedGlobally(call)) calls.push(call)
    else {
      const write =
        "Bind it with `@UseGuards(AuthGuard('jwt'))`, or write `class X extends AuthGuard('jwt')`, then run this command again."
      rest.add('blocks', call, 'It is not certain what the guard of passport is used for here.', write)
    }
  }
  if (types.length + calls.length > 0) refuseOtherProperty(survey, rest)
  return { types, calls }
}

function refuseUnnamed(call: CallExpression, strategy: string, rest: Rest): void {
  if (call.getArguments()[0]?.getText().includes(strategy)) {
    const write =
      'Write `@OptionalAuth()` where the other strategy is `anonymous`, or bind both guards, then run this command again.'
    rest.add('blocks', call, 'This guard has several strategies.', write)
  } else {
    const write =
      "Write the name of the strategy here, such as `AuthGuard('jwt')`, then run this command again."
    rest.add('blocks', call, 'It is not certain which strategy this guard asks.', write)
  }
}

/** Where passport puts the user elsewhere than at `request.user`. */
function refuseOtherProperty(survey: Survey, rest: Rest): void {
  for (const call of moduleCalls(survey)) {
    const [given] = call.getArguments()
    if (given === undefined) continue
    const names = memberNames(given)
    const property = memberOf(given, 'property')
    const isAsync = call.getExpression().getText().endsWith('Async')
    const isUsual = names !== undefined && (property === undefined || literalOf(property) === 'user')
    if (isUsual && !isAsync) continue
    const write = 'Write them as an object in `register`, without `property`, then run this command again.'
    rest.add('blocks', call, 'These options may put the user elsewhere than at `request.user`.', write)
  }
}

const moduleCalls = ({ files }: Survey): CallExpression[] =>
  files
    .flatMap((file) => file.getDescendantsOfKind(ts.SyntaxKind.CallExpression))
    .filter((call) => {
      const callee = call.getExpression()
      return (
        Node.isPropertyAccessExpression(callee) &&
        isImported(callee.getExpression(), PASSPORT, 'PassportModule')
      )
    })

/** `defaultStrategy` of the only `PassportModule.register`, or of those that agree. */
function defaultStrategy(survey: Survey): string | number | undefined {
  const names = moduleCalls(survey)
    .map((call) => memberOf(call.getArguments()[0], 'defaultStrategy'))
    .filter((name) => name !== undefined)
    .map((name) => literalOf(name))
  return new Set(names).size === 1 ? names[0] : undefined
}
