import { type CallExpression, type Expression, Node, ts } from 'ts-morph'
import type { Rest } from './rest.js'
import { readLocations } from './locations.js'
import { settingKey } from './setting-key.js'
import { bare, literalOf, memberNames, memberOf } from './symbols.js'
import type { JwtStrategy } from './survey.js'

/** What the former code is set to, as expressions of its sources. */
export interface FormerOptions {
  readonly secret?: Expression | undefined
  readonly privateKey?: Expression | undefined
  readonly publicKey?: Expression | undefined
  readonly algorithm?: string | undefined
  readonly expiresIn?: Expression | undefined
  readonly notBefore?: Expression | undefined
  readonly issuer?: Expression | undefined
  readonly audience?: Expression | undefined
  readonly clockTolerance?: Expression | undefined
  readonly locations?: string | undefined
}

/** The object that `JwtModule.register` is given, or that the factory of `registerAsync` returns. */
export function optionsObject(call: CallExpression): Node | undefined {
  const [given] = call.getArguments()
  if (!call.getExpression().getText().endsWith('Async')) return literal(given)
  const factory = memberOf(given, 'useFactory')
  if (!Node.isArrowFunction(factory) && !Node.isFunctionExpression(factory)) return undefined
  const body = bare(factory.getBody())
  if (!Node.isBlock(body)) return literal(body)
  const returns = body.getDescendantsOfKind(ts.SyntaxKind.ReturnStatement)
  const value = returns.length === 1 ? returns[0]?.getExpression() : undefined
  return literal(value)
}

function literal(node: Node | undefined): Node | undefined {
  const value = node && bare(node)
  return Node.isObjectLiteralExpression(value) ? value : undefined
}

const MODULE = ['global', 'secret', 'privateKey', 'publicKey', 'signOptions', 'verifyOptions']
const SIGN = ['expiresIn', 'notBefore', 'issuer', 'audience', 'algorithm']
const VERIFY = ['issuer', 'audience', 'algorithms', 'ignoreExpiration', 'clockTolerance']
const STRATEGY = ['jwtFromRequest', 'secretOrKey', 'ignoreExpiration', 'algorithms', 'issuer', 'audience']

/** An option that is not known may set another key. */
export const refuseOtherOptions = (object: Node, rest: Rest): void => {
  refuseOthers(object, MODULE, rest)
}

export function readModuleOptions(object: Node, rest: Rest): FormerOptions {
  const [sign, verify] = [memberOf(object, 'signOptions'), memberOf(object, 'verifyOptions')]
  refuseOthers(sign, SIGN, rest)
  refuseOthers(verify, VERIFY, rest)
  refuseExpired(verify, rest)
  for (const name of ['issuer', 'audience']) {
    refuseDifferent(memberOf(sign, name), memberOf(verify, name), rest)
  }
  const [signs, verifies] = [memberOf(sign, 'algorithm'), memberOf(verify, 'algorithms')]
  if (verifies !== undefined && algorithmOf(signs) !== algorithmOf(verifies) && signs !== undefined) {
    rest.add('blocks', verifies, DIFFERENT, SAME)
  }
  return {
    secret: memberOf(object, 'secret'),
    privateKey: memberOf(object, 'privateKey'),
    publicKey: memberOf(object, 'publicKey'),
    algorithm: algorithmOf(memberOf(sign, 'algorithm')) ?? algorithmOf(memberOf(verify, 'algorithms')),
    expiresIn: memberOf(sign, 'expiresIn'),
    notBefore: memberOf(sign, 'notBefore'),
    issuer: memberOf(sign, 'issuer') ?? memberOf(verify, 'issuer'),
    audience: memberOf(sign, 'audience') ?? memberOf(verify, 'audience'),
    clockTolerance: memberOf(verify, 'clockTolerance'),
  }
}

export function readStrategyOptions({ type, options }: JwtStrategy, rest: Rest): FormerOptions {
  if (options === undefined || memberNames(options) === undefined) {
    rest.add(
      'blocks',
      type,
      'The options of this strategy are not an object that is written here.',
      WRITE_OUT,
    )
    return {}
  }
  refuseOthers(options, STRATEGY, rest)
  refuseExpired(options, rest)
  const key = memberOf(options, 'secretOrKey')
  const algorithm = algorithmOf(memberOf(options, 'algorithms'))
  const isPublic = algorithm !== undefined && !algorithm.startsWith('HS')
  return {
    [isPublic ? 'publicKey' : 'secret']: key,
    algorithm,
    issuer: memberOf(options, 'issuer'),
    audience: memberOf(options, 'audience'),
    locations: readLocations(memberOf(options, 'jwtFromRequest'), rest),
  }
}

const WRITE_OUT = 'Write them as an object literal in this call, then run this command again.'

function algorithmOf(node: Node | undefined): string | undefined {
  const value = node && bare(node)
  const first = Node.isArrayLiteralExpression(value) ? value.getElements()[0] : value
  const name = literalOf(first)
  return typeof name === 'string' ? name : undefined
}

/** Only what is known can be carried over. */
function refuseOthers(object: Node | undefined, known: readonly string[], rest: Rest): void {
  if (object === undefined) return
  const names = memberNames(object)
  if (names === undefined) {
    rest.add('blocks', object, 'Not all of these options are written here.', WRITE_OUT)
    return
  }
  for (const name of names.filter((one) => !known.includes(one))) {
    rest.add(
      'blocks',
      object,
      `The option \`${name}\` has no counterpart that is certain.`,
      ADVICE[name] ?? BY_HAND,
    )
  }
}

const BY_HAND = 'See docs/reference.md for the options of `JwtAuthModule`, and move this part by hand.'

const ADVICE: Readonly<Record<string, string>> = {
  secretOrKeyProvider: 'For keys of another issuer, set the option `issuers` (docs/issuers.md).',
  passReqToCallback:
    'A loader gets the claims only: read the rest of the request in the handler, then run this again.',
  keyid: 'Legacy tokens have no `kid`: first release the former code without it.',
}

const DIFFERENT = 'This differs from what other options of access tokens say.'
const SAME = 'Write the same in both places, then run this command again.'

/** Tokens of one kind would be checked as those of the other. */
export function refuseDifferent(one: Node | undefined, other: Node | undefined, rest: Rest): void {
  if (one === undefined || other === undefined || settingKey(one) === settingKey(other)) return
  rest.add('blocks', other, DIFFERENT, SAME)
}

function refuseExpired(object: Node | undefined, rest: Rest): void {
  const value = memberOf(object, 'ignoreExpiration')
  if (value === undefined || value.getText() === 'false') return
  rest.add(
    'blocks',
    value,
    'Expired tokens are accepted here (`ignoreExpiration`), which this module never does.',
    'Let clients refresh instead: `TokenService.issue` gives a refresh token, `endpoints: { refresh: true }` the route.',
  )
}
