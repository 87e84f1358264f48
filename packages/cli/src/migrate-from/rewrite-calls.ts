import { Node } from 'ts-morph'
import type { ClassifiedUse } from './classify-uses.js'
import { readLifetime } from './durations.js'
import { letAwait } from './make-async.js'
import { type Payload, takeApart } from './payload.js'
import type { Rest } from './rest.js'
import type { SourceEdits } from './source-edits.js'
import { lineIndent, memberNames, memberOf } from './symbols.js'
import { CORE, type JwtServiceMember } from './survey.js'

/** What is known of the tokens from the calls that sign them. */
export interface SignedTokens {
  readonly payloads: readonly Payload[]
  /** Lifetimes that the calls set. */
  readonly lifetimes: readonly Node[]
}

/** Puts `TokenService` in the place of `JwtService` where access tokens are made and checked. */
export function rewriteCalls(uses: readonly ClassifiedUse[], edits: SourceEdits, rest: Rest): SignedTokens {
  const signed = uses.filter(({ role }) => role === 'sign access')
  const payloads = signed.flatMap((use) => rewriteSign(use, edits, rest) ?? [])
  for (const use of uses.filter(({ role }) => role === 'verify access')) rewriteVerify(use, edits, rest)
  for (const member of new Set(uses.map((one) => one.member))) rewriteMember(member, uses, edits)
  const lifetimes = signed.flatMap(({ use }) => memberOf(use.call.getArguments()[1], 'expiresIn') ?? [])
  return { payloads, lifetimes }
}

const SIGN_OPTIONS = new Set(['secret', 'privateKey', 'expiresIn', 'algorithm'])
const VERIFY_OPTIONS = new Set(['secret', 'publicKey', 'algorithms', 'ignoreExpiration'])

/** From here on, options are written a line each. */
const LINE = 90

function rewriteSign({ use, member }: ClassifiedUse, edits: SourceEdits, rest: Rest): Payload | undefined {
  const [argument, options] = use.call.getArguments()
  const names = options === undefined ? [] : memberNames(options)
  const payload = argument && takeApart(argument, edits)
  if (payload === undefined || names === undefined || names.some((name) => !SIGN_OPTIONS.has(name))) {
    const write =
      'Write the payload in this call, as an object with `sub` and without `iss`, `iat`, `exp` and `jti`, and the options as an object literal, then run this command again.'
    rest.add('blocks', use.call, 'It is not certain who this access token is for, or what it says.', write)
    return undefined
  }
  const lifetime = memberOf(options, 'expiresIn')
  const members = [
    payload.claims && (payload.claims === 'claims' ? 'claims' : `claims: ${payload.claims}`),
    lifetime && `expiresIn: ${readLifetime(lifetime).text}`,
  ].filter((one) => one)
  for (const claim of payload.unplain) {
    const write = 'Write an object with the members that the token needs.'
    rest.add(
      'todo',
      claim,
      'This claim is an instance of a class, and claims must be plain JSON data.',
      write,
    )
  }
  const issue = `this.${serviceName(member)}.issueAccessToken(${payload.subject}`
  const line = members.length === 0 ? '' : `, { ${members.join(', ')} }`
  const indent = lineIndent(use.call)
  const isLong = indent.length + issue.length + line.length > LINE
  const lines = `, {\n${members.map((member) => `${indent}  ${member},\n`).join('')}${indent}}`
  const call = `${issue}${isLong ? lines : line})`
  if (use.method === 'signAsync') edits.replace(use.call, call)
  else if (letAwait(use.call, edits)) edits.replace(use.call, `await ${call}`)
  else refuseSync(use.call, rest)
  return payload
}

function rewriteVerify({ use, member }: ClassifiedUse, edits: SourceEdits, rest: Rest): void {
  const [token, options] = use.call.getArguments()
  const expired = memberOf(options, 'ignoreExpiration')
  if (expired !== undefined && expired.getText() !== 'false') {
    const write =
      'Let clients refresh instead (`TokenService.issue`, `endpoints: { refresh: true }`), then run this command again.'
    rest.add(
      'blocks',
      expired,
      'Expired tokens are accepted here (`ignoreExpiration`), which this module never does.',
      write,
    )
    return
  }
  if (options !== undefined && !(memberNames(options)?.every((name) => VERIFY_OPTIONS.has(name)) ?? false)) {
    const write =
      'Set `issuer`, `audience` and `clockTolerance` in `JwtModule` instead, then run this command again.'
    rest.add('blocks', options, 'This place checks more than the other ones.', write)
    return
  }
  const call = `await this.${serviceName(member)}.verify(${token?.getText() ?? ''})`
  const awaited = use.call.getParent()
  const isAwaited = Node.isAwaitExpression(awaited)
  const whole = isAwaited ? awaited : use.call
  if (!isAwaited && (use.method === 'verifyAsync' || !letAwait(use.call, edits))) {
    refuseSync(use.call, rest)
    return
  }
  const type = use.call.getTypeArguments()[0]?.getText()
  const isIgnored = Node.isExpressionStatement(whole.getParent())
  const cast = type === undefined ? 'any' : `unknown as ${type}`
  const isCast = Node.isAsExpression(whole.getParent()) && type === undefined
  edits.replace(whole, isIgnored ? call : `(${call}).claims${isCast ? ' as unknown' : ` as ${cast}`}`)
}

function refuseSync(call: Node, rest: Rest): void {
  const write = 'Call it in an async method and `await` it, then run this command again.'
  rest.add('blocks', call, '`TokenService` answers with promises, and this place cannot wait for one.', write)
}

const serviceName = ({ declaration }: JwtServiceMember) =>
  /^_?jwt(?:Service)?$/.test(declaration.getName()) ? 'tokenService' : declaration.getName()

/** The class gets a `TokenService`, beside its `JwtService` where that is still used. */
function rewriteMember(member: JwtServiceMember, all: readonly ClassifiedUse[], edits: SourceEdits): void {
  const { declaration } = member
  const uses = all.filter((one) => one.member === member)
  const left = uses.filter(({ role }) => role === 'left')
  if (left.length === uses.length) return
  const text = declaration
    .getText()
    .replace(declaration.getName(), serviceName(member))
    .replace(/\bJwtService\b(?!:)/, 'TokenService')
  edits.addImport(declaration.getSourceFile(), CORE, 'TokenService')
  if (left.length === 0) edits.replace(declaration, text)
  else {
    const isAlone = serviceName(member) === declaration.getName()
    const other = isAlone ? text.replace(declaration.getName(), 'tokenService') : text
    const separator = Node.isParameterDeclaration(declaration)
      ? `,${gapBefore(declaration)}`
      : `\n${lineIndent(declaration)}`
    edits.insert(declaration.getSourceFile(), declaration.getEnd(), `${separator}${other}`)
  }
}

/** As the parameters of this constructor are written: each on its line, or all on one. */
function gapBefore(node: Node): string {
  const text = node.getFullText()
  const gap = /^\s+/.exec(text)?.[0] ?? ' '
  return gap.includes('\n') ? gap : ' '
}
