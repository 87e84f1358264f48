import { type CallExpression, Node, type ParameterDeclaration, type SourceFile, ts } from 'ts-morph'
import { carryNames, importClass } from './carry-over.js'
import { optionsObject } from './former-options.js'
import { moduleOptions, type OptionsInput } from './module-options.js'
import { constructorParameter } from './rewrite-strategy.js'
import type { Rest } from './rest.js'
import type { SourceEdits } from './source-edits.js'
import { lineIndent, memberOf, nameOnThis } from './symbols.js'
import { CORE } from './survey.js'

export interface ModuleInput extends Omit<OptionsInput, 'write'> {
  /** What `identityLoader` is set to: a class, or an object of this text. */
  readonly identityLoader: { type?: string; file?: SourceFile; text?: string } | undefined
  /** Whether `JwtModule` stays beside the new module. */
  readonly keepsFormer: boolean
}

/** Puts `JwtAuthModule` where `JwtModule` is, or beside it. */
export function rewriteModule(input: ModuleInput, edits: SourceEdits, rest: Rest): void {
  const place = input.access.moduleCall
  const [given] = place?.getArguments() ?? []
  if (place === undefined) {
    const write =
      'Add `JwtModule.register({})` to the imports of the module that has the guard or the strategy, then run this command again.'
    rest.add(
      'blocks',
      input.access.signedWith,
      'There is no `JwtModule.register` to put `JwtAuthModule` in the place of.',
      write,
    )
    return
  }
  const isAsync = input.access.isDefault && place.getExpression().getText().endsWith('Async')
  const text = isAsync ? asyncText(place, input, edits, rest) : newText(place, input, edits, rest)
  if (text === undefined) return
  const indented = indent(text, lineIndent(place))
  if (input.keepsFormer)
    edits.insert(place.getSourceFile(), place.getEnd(), `,\n${lineIndent(place)}${indented}`)
  else edits.replace(place, indented)
  edits.addImport(place.getSourceFile(), CORE, 'JwtAuthModule')
  if (given && text.includes('JwtClaims'))
    edits.addImport(place.getSourceFile(), CORE, 'JwtClaims', { type: true })
}

/** The same factory, with what it returns written anew. */
function asyncText(
  place: CallExpression,
  input: ModuleInput,
  edits: SourceEdits,
  rest: Rest,
): string | undefined {
  const [given] = place.getArguments()
  const object = optionsObject(place)
  const factory = memberOf(given, 'useFactory')
  if (object === undefined || factory === undefined || !Node.isObjectLiteralExpression(given))
    return undefined
  const parameters =
    Node.isArrowFunction(factory) || Node.isFunctionExpression(factory) ? factory.getParameters() : []
  const isGiven = (one: ParameterDeclaration) =>
    parameters.some((other) => other.getName() === one.getName() && typeOf(other) === typeOf(one))
  const lines = moduleOptions({ ...input, write: writerAt(place, isGiven, edits, rest) }, rest)
  const start = object.getStart() - factory.getStart()
  const returned = indent(objectText(lines), lineIndent(object))
  const changed =
    factory.getText().slice(0, start) + returned + factory.getText().slice(start + object.getWidth())
  const typed = changed.replace(/\)\s*:\s*(?:Promise<\s*)?JwtModuleOptions\s*>?/, ')')
  const others = given.getProperties().flatMap((property) => {
    const name = nameOf(property)
    if (name === undefined || !ASYNC.has(name)) {
      const write = 'Write `imports`, `inject` and `useFactory` only, then run this command again.'
      rest.add(
        'blocks',
        property,
        'This option of `registerAsync` has no counterpart that is certain.',
        write,
      )
    }
    if (name === 'global' || name === 'isGlobal') return []
    return name === 'useFactory'
      ? `useFactory: ${outdent(typed, lineIndent(property))}`
      : outdent(property.getText(), lineIndent(property))
  })
  return `JwtAuthModule.forRootAsync(${objectText([...others, ...loader(input, place, edits)])})`
}

const typeOf = (parameter: ParameterDeclaration) => parameter.getTypeNode()?.getText()

const ASYNC = new Set(['global', 'isGlobal', 'imports', 'inject', 'useFactory'])

const nameOf = (property: Node) =>
  Node.isPropertyAssignment(property) || Node.isShorthandPropertyAssignment(property)
    ? property.getName()
    : undefined

function newText(
  place: CallExpression,
  input: ModuleInput,
  edits: SourceEdits,
  rest: Rest,
): string | undefined {
  const parameters = new Set<ParameterDeclaration>()
  const take = (one: ParameterDeclaration) => {
    parameters.add(one)
    return true
  }
  const lines = moduleOptions({ ...input, write: writerAt(place, take, edits, rest) }, rest)
  const extras = loader(input, place, edits)
  if (parameters.size === 0) return `JwtAuthModule.forRoot(${objectText([...lines, ...extras])})`
  const known = [...parameters].map((one) => injected(one, place, edits, rest))
  const signature = known.map(({ name, type }) => `${name}: ${type}`).join(', ')
  const tokens = known.map(({ token }) => token)
  const imports = tokens.includes('ConfigService') ? configImport(place) : []
  return `JwtAuthModule.forRootAsync(${objectText([...imports, `inject: [${tokens.join(', ')}]`, `useFactory: (${signature}) => (${objectText(lines)})`, ...extras])})`
}

/** Writes settings at the place of the module. `take`: whether a parameter of another constructor can be read there. */
function writerAt(
  place: CallExpression,
  take: (parameter: ParameterDeclaration) => boolean,
  edits: SourceEdits,
  rest: Rest,
) {
  const file = place.getSourceFile()
  const classOf = (node: Node) => node.getFirstAncestorByKind(ts.SyntaxKind.ClassDeclaration)
  return (node: Node): string => {
    const isHere = node.getSourceFile() === file && classOf(node) === classOf(place)
    if (isHere) return node.getText()
    const parameters = [node, ...node.getDescendants()].flatMap((one) =>
      nameOnThis(one) !== undefined || Node.isIdentifier(one) ? (constructorParameter(one) ?? []) : [],
    )
    if (!parameters.every(take) || !carryNames(node, file, edits)) refuseUnknown(node, rest)
    return node.getText().replaceAll(/\bthis\./g, '')
  }
}

function refuseUnknown(node: Node, rest: Rest): void {
  const advice = 'Export it, or set it in `JwtModule.register`, then run this command again.'
  rest.add('blocks', node, 'This setting is known in its own file only.', advice)
}

/** What Nest injects as a parameter of a constructor. */
function injected(parameter: ParameterDeclaration, place: CallExpression, edits: SourceEdits, rest: Rest) {
  const type = parameter.getTypeNode()
  const given = parameter.getDecorator('Inject')?.getArguments()[0]
  const nodes = [type, given].filter((one) => one !== undefined)
  const isKnown = nodes.every((one) => carryNames(one, place.getSourceFile(), edits))
  if (type === undefined || !isKnown) refuseUnknown(parameter, rest)
  const written = type?.getText() ?? ''
  return { name: parameter.getName(), type: written, token: given?.getText() ?? written.replace(/<.*$/s, '') }
}

/** `ConfigModule` is needed where the module of the place imports it, and it is not global. */
function configImport(place: CallExpression): string[] {
  const list = place.getParentIfKind(ts.SyntaxKind.ArrayLiteralExpression)
  const isImported = list?.getElements().some((one) => one.getText() === 'ConfigModule') ?? false
  return isImported ? ['imports: [ConfigModule]'] : []
}

function loader({ identityLoader }: ModuleInput, place: CallExpression, edits: SourceEdits): string[] {
  if (identityLoader === undefined) return []
  const { type, file, text } = identityLoader
  if (type !== undefined && file !== undefined) importClass(type, file, place.getSourceFile(), edits)
  return [`identityLoader: ${type ?? text}`]
}

/** An object literal; a member may have several lines. */
const objectText = (members: readonly string[]) =>
  ['{', ...members.map((member) => `  ${indent(member, '  ')},`), '}'].join('\n')

const indent = (text: string, by: string) => withLines(text, (line) => `\n${by}${line}`)
const outdent = (text: string, by: string) =>
  withLines(text, (line) => `\n${line.startsWith(by) ? line.slice(by.length) : line}`)

/** Changes the beginnings of lines, but not within template literals, such as a key of several lines. */
const withLines = (text: string, write: (line: string) => string) =>
  text.replaceAll(/`(?:[^`\\]|\\.)*`|\n([ \t]*)/gs, (part, line?: string) =>
    line === undefined ? part : write(line),
  )
