import { type CallExpression, Node, type SourceFile, ts, VariableDeclarationKind } from 'ts-morph'
import { type Doubt, quote } from './doubt.js'
import type { MarkRead } from './public-marks.js'
import type { Survey } from './survey.js'
import { bare, declarationsOf, isImported, literalOf, memberNames, memberOf } from './symbols.js'

/** Why the marks that a guard reads may mean another thing than `@Public()`. */
export function markDoubt({ key, reads }: MarkRead, survey: Survey): Doubt | undefined {
  if (identityOf(key) === undefined) {
    return { at: key, why: 'This key of metadata is not a string or a symbol that is written in a constant.' }
  }
  if (declarationsOf(nameOf(key)).some(isFromPackage)) {
    return { at: key, why: 'This key of metadata is of a package, which may set it too.' }
  }
  const files = [...survey.files, ...survey.tests]
  for (const node of files.flatMap(writersIn)) {
    const doubt = writerDoubt(node, key)
    if (doubt !== undefined) return doubt
  }
  const strange = files.flatMap((file) => mentionsIn(file, key)).find((node) => !isKnownMention(node))
  if (strange !== undefined) {
    return { at: strange, why: 'It is not certain what this does with the mark of public routes.' }
  }
  if (reads === 'handler and class') return undefined
  const onClass = marksOf(survey, key).find((call) => mayMarkClass(call))
  return (
    onClass && {
      at: key,
      why: 'This guard reads the mark of the handler only, and a class may carry it too, where `@Public()` counts.',
    }
  )
}

/** The calls that set a mark. */
export function marksOf({ files, tests }: Survey, key: Node): CallExpression[] {
  return [...files, ...tests].flatMap(writersIn).flatMap((node) => {
    const call = node.getParent()
    return Node.isCallExpression(call) && isSameKey(key, call.getArguments()[0]) ? call : []
  })
}

/** One text for each key, by which two of them can be compared; `undefined` where it is not certain which one it is. */
export function identityOf(key: Node): string | undefined {
  if (!identities.has(key)) identities.set(key, findIdentity(key))
  return identities.get(key)
}

/** Each name of an app is asked for, once for each guard. */
const identities = new WeakMap<Node, string | undefined>()

function findIdentity(key: Node): string | undefined {
  const value = literalOf(key)
  if (typeof value === 'string') return `string ${value}`
  const [constant] = declarationsOf(key)
  if (!Node.isVariableDeclaration(constant)) return undefined
  const made = constant.getInitializer()
  const isSymbol = Node.isCallExpression(made) && made.getExpression().getText() === 'Symbol'
  const isConst = constant.getVariableStatement()?.getDeclarationKind() === VariableDeclarationKind.Const
  return isSymbol && isConst
    ? `symbol ${constant.getSourceFile().getFilePath()} ${constant.getStart()}`
    : undefined
}

export function isSameKey(key: Node, node: Node | undefined): boolean {
  const identity = node && identityOf(node)
  return identity !== undefined && identity === identityOf(key)
}

/** Each mention of what sets metadata: `SetMetadata`, `Reflect.metadata`, `Reflect.defineMetadata`, `createDecorator`. */
function writersIn(file: SourceFile): Node[] {
  const known = writers.get(file)
  if (known !== undefined) return known
  const aliases = file
    .getImportDeclarations()
    .flatMap((one) => one.getNamedImports())
    .filter((one) => one.getName() === 'SetMetadata')
    .map((one) => one.getAliasNode()?.getText())
  const names = new Set(['SetMetadata', ...aliases])
  const found = file.getDescendantsOfKind(ts.SyntaxKind.Identifier).flatMap((node) => {
    const parent = node.getParent()
    if (Node.isImportSpecifier(parent)) return []
    const isMember = Node.isPropertyAccessExpression(parent) && parent.getNameNode() === node
    if (isMember) return MEMBERS.has(node.getText()) ? parent : []
    return names.has(node.getText()) ? node : []
  })
  writers.set(file, found)
  return found
}

const MEMBERS = new Set(['SetMetadata', 'metadata', 'defineMetadata', 'createDecorator'])

const writers = new WeakMap<SourceFile, Node[]>()

function writerDoubt(writer: Node, key: Node): Doubt | undefined {
  const call = writer.getParent()
  const isCalled = Node.isCallExpression(call) && call.getExpression() === writer
  const [first, value, ...others] = isCalled ? call.getArguments() : []
  const member = Node.isPropertyAccessExpression(writer) ? writer.getName() : undefined
  const isReflect = member !== undefined && writer.getText().startsWith('Reflect.')
  // A member that is only called like one of `Reflect`.
  if (member?.endsWith('etadata') && member !== 'SetMetadata' && !isReflect) return undefined
  const makesDecorator = member === 'createDecorator' && isCalled
  const written = makesDecorator && Node.isObjectLiteralExpression(first) ? memberOf(first, 'key') : first
  // Without a key of its own, `createDecorator` makes one.
  if (makesDecorator && written === undefined) return undefined
  if (written === undefined || mayBeAny(written)) {
    return { at: writer, why: `This may set the mark of public routes: \`${quote(call ?? writer)}\`.` }
  }
  if (!isSameKey(key, written)) return undefined
  const isMark =
    isImported(writer, '@nestjs/common', 'SetMetadata') && value?.getText() === 'true' && others.length === 0
  const why = `This sets the mark of public routes to what may not be \`true\`: \`${quote(call ?? writer)}\`.`
  return isMark ? undefined : { at: call ?? writer, why }
}

/** A key that is only known when the app runs, and that the app makes itself. */
function mayBeAny(key: Node): boolean {
  if (identityOf(key) !== undefined) return false
  const declarations = declarationsOf(nameOf(key))
  return declarations.length === 0 || !declarations.every(isFromPackage)
}

function nameOf(key: Node): Node {
  const value = bare(key)
  return Node.isPropertyAccessExpression(value) ? value.getNameNode() : value
}

const isFromPackage = (one: Node) =>
  one.getSourceFile().isFromExternalLibrary() || one.getSourceFile().isInNodeModules() || isPackageImport(one)

const isPackageImport = (one: Node) =>
  Node.isImportSpecifier(one) && !one.getImportDeclaration().isModuleSpecifierRelative()

/** Each place that names the key, apart from declarations. */
export function mentionsIn(file: SourceFile, key: Node): Node[] {
  const constants = file
    .getDescendantsOfKind(ts.SyntaxKind.Identifier)
    .filter((node) => isConstant(node) && isSameKey(key, node))
  const texts = [
    ...file.getDescendantsOfKind(ts.SyntaxKind.StringLiteral),
    ...file.getDescendantsOfKind(ts.SyntaxKind.NoSubstitutionTemplateLiteral),
  ].filter((node) => isMetadataCall(node.getParent()) && isSameKey(key, node))
  return [...constants, ...texts]
}

/** Whether a file reads metadata of keys that are only known when the app runs. */
export function readsAnyKey(file: SourceFile): boolean {
  return file.getDescendantsOfKind(ts.SyntaxKind.CallExpression).some((call) => {
    const callee = call.getExpression().getText()
    if (/Metadata\w*Keys\b/i.test(callee)) return true
    const [key] = call.getArguments()
    const isRead = /reflector\)?\??\.get\w*$|\.(?:get|has)\w*Metadata$/i.test(callee)
    return isRead && key !== undefined && mayBeAny(key) && !isDecoratorOfItsOwn(key)
  })
}

/** `Reflector.createDecorator()`, which makes a key that nothing else has. */
const isDecoratorOfItsOwn = (key: Node): boolean =>
  declarationsOf(nameOf(key)).some((one) => {
    const made = Node.isVariableDeclaration(one) ? one.getInitializer() : undefined
    return (
      Node.isCallExpression(made) &&
      made.getExpression().getText() === 'Reflector.createDecorator' &&
      made.getArguments().every((given) => memberNames(given)?.includes('key') === false)
    )
  })

/** The name of a constant where it is used. */
function isConstant(node: Node): boolean {
  const parent = node.getParent()
  const isNamed =
    Node.isVariableDeclaration(parent) ||
    Node.isPropertyAssignment(parent) ||
    Node.isEnumMember(parent) ||
    Node.isPropertyDeclaration(parent)
  return !(isNamed && parent.getNameNode() === node)
}

/** A read or a write of metadata, or a decorator that takes a key and a value. `@Get('public')` is neither. */
const isMetadataCall = (node: Node | undefined): boolean =>
  Node.isCallExpression(node) &&
  (/(?:\.get\w*|meta\w*['"\]]*)$/i.test(node.getExpression().getText()) ||
    (Node.isDecorator(node.getParent()) && node.getArguments().length > 1))

/** Where it is imported, exported, read or set, or is the value of another constant. */
function isKnownMention(node: Node): boolean {
  const whole = Node.isPropertyAccessExpression(node.getParent()) ? node.getParentOrThrow() : node
  const parent = whole.getParent()
  if (Node.isImportSpecifier(parent) || Node.isExportSpecifier(parent)) return true
  if (Node.isVariableDeclaration(parent)) return typeof literalOf(whole) === 'string'
  if (!Node.isCallExpression(parent) || parent.getArguments()[0] !== whole) return false
  const callee = parent.getExpression()
  return (
    isImported(callee, '@nestjs/common', 'SetMetadata') ||
    (Node.isPropertyAccessExpression(callee) &&
      /^(?:get(?:All(?:AndOverride|AndMerge)?)?|(?:get|has)(?:Own)?Metadata)$/.test(callee.getName()))
  )
}

/** Whether the decorator that a node makes may stand at a class, itself or by functions that return it. */
function mayMarkClass(node: Node, depth = 0): boolean {
  const parent = node.getParent()
  if (Node.isDecorator(parent)) return !Node.isMethodDeclaration(parent.getParent())
  const owner = node.getFirstAncestor(
    (one) =>
      Node.isVariableDeclaration(one) || Node.isFunctionDeclaration(one) || Node.isClassDeclaration(one),
  )
  if (owner === undefined || Node.isClassDeclaration(owner) || depth > 4) return true
  const named = owner as Parameters<typeof Node.isReferenceFindable>[0] & Node
  if (!Node.isReferenceFindable(named)) return true
  return named.findReferencesAsNodes().some((use) => {
    const at = use.getParent()
    if (at === owner || Node.isImportSpecifier(at) || Node.isExportSpecifier(at)) return false
    return mayMarkClass(Node.isCallExpression(at) && at.getExpression() === use ? at : use, depth + 1)
  })
}
