import {
  type CallExpression,
  type ClassDeclaration,
  type Decorator,
  Node,
  type ParameterDeclaration,
  type PropertyAccessExpression,
  type PropertyDeclaration,
  type SourceFile,
  ts,
} from 'ts-morph'
import { callsOf, declarationsOf, isImported, literalOf } from './symbols.js'

export const JWT = '@nestjs/jwt'
export const PASSPORT = '@nestjs/passport'
export const CORE = '@nest-jwt-auth/core'

/** A class that has a `JwtService`, and each place where it uses it. */
export interface JwtServiceMember {
  readonly owner: ClassDeclaration
  readonly declaration: ParameterDeclaration | PropertyDeclaration
  readonly uses: readonly JwtServiceUse[]
}

export interface JwtServiceUse {
  readonly method: 'sign' | 'signAsync' | 'verify' | 'verifyAsync' | 'decode'
  readonly call: CallExpression
  readonly service: PropertyAccessExpression
}

/** A strategy of passport-jwt. */
export interface JwtStrategy {
  readonly type: ClassDeclaration
  readonly name: string
  /** What `super` is called with. */
  readonly options: Node | undefined
}

/** What the app has of the former code. */
export interface Survey {
  /** Without tests. */
  readonly files: readonly SourceFile[]
  readonly tests: readonly SourceFile[]
  readonly moduleCalls: readonly CallExpression[]
  readonly services: readonly JwtServiceMember[]
  readonly strategies: readonly JwtStrategy[]
  /** `AuthGuard('jwt')`. */
  readonly guardCalls: readonly CallExpression[]
  /** Where a `JwtService` goes that is not known to be used for anything in particular. */
  readonly strays: readonly Node[]
  readonly usesFormerCode: boolean
  /** Whether it sets up `JwtAuthModule`. */
  readonly isMigrated: boolean
}

export const FORMER = [JWT, PASSPORT, 'passport-jwt']

export function surveyApp(all: readonly SourceFile[], root: string): Survey {
  const tests = all.filter((file) => isTest(file.getFilePath(), root))
  const files = all.filter((file) => !tests.includes(file))
  const imports = all.flatMap((file) => file.getImportDeclarations())
  const services = files.flatMap(findServices)
  return {
    files,
    tests,
    moduleCalls: files.flatMap((file) => [
      ...callsOf(file, JWT, 'JwtModule', 'register'),
      ...callsOf(file, JWT, 'JwtModule', 'registerAsync'),
    ]),
    services: services.map(({ member }) => member),
    strategies: files.flatMap(findStrategies),
    guardCalls: files.flatMap((file) => callsOf(file, PASSPORT, 'AuthGuard')),
    strays: [...services.flatMap(({ strays }) => strays), ...files.flatMap(findStrays)],
    usesFormerCode: imports.some((one) => FORMER.includes(one.getModuleSpecifierValue())),
    isMigrated: imports.some(
      (one) =>
        one.getModuleSpecifierValue() === CORE &&
        one.getNamedImports().some((named) => named.getName() === 'JwtAuthModule'),
    ),
  }
}

/** Whether a file below the root is a test, by its path with `/`. */
export const isTest = (path: string, root: string): boolean =>
  /\.(?:e2e-)?(?:spec|test)\.[cm]?ts$|^\/?(?:test|tests|e2e|__tests__)\//.test(path.slice(root.length))

function findServices(file: SourceFile): { member: JwtServiceMember; strays: Node[] }[] {
  return file.getClasses().flatMap((owner) => {
    const parameters = owner.getConstructors().flatMap((one) => one.getParameters())
    return [...parameters, ...owner.getProperties()]
      .filter((declaration) => isJwtService(declaration.getTypeNode()))
      .map((declaration) => {
        const references = declaration
          .findReferencesAsNodes()
          .filter((node) => node.getParent() !== declaration)
        const found = references.map((node) => ({ node, use: useOf(node) }))
        const others = declaration.getDecorators().filter((one) => !isPlainInject(one))
        return {
          member: { owner, declaration, uses: found.flatMap(({ use }) => use ?? []) },
          strays: [...others, ...found.flatMap(({ node, use }) => (use === undefined ? node : []))],
        }
      })
  })
}

/** `@Inject()`, `@Inject(JwtService)`: any other may give a service with another key. */
const isPlainInject = (decorator: Decorator) =>
  decorator.getArguments().every((one) => isImported(one, JWT, 'JwtService'))

function isJwtService(type: Node | undefined): boolean {
  return Node.isTypeReference(type) && isImported(type.getTypeName(), JWT, 'JwtService')
}

function useOf(node: Node): JwtServiceUse | undefined {
  const service = node.getParent()
  const method = service?.getParent()
  const call = method?.getParent()
  if (!Node.isPropertyAccessExpression(service) || !Node.isThisExpression(service.getExpression())) return
  if (!Node.isPropertyAccessExpression(method) || !Node.isCallExpression(call)) return
  const name = method.getName()
  return ['sign', 'signAsync', 'verify', 'verifyAsync', 'decode'].includes(name)
    ? { method: name as JwtServiceUse['method'], call, service }
    : undefined
}

/** `new JwtService`, a class within a function: every mention except imports, known members and the lists of a module. */
function findStrays(file: SourceFile): Node[] {
  return file.getDescendantsOfKind(ts.SyntaxKind.Identifier).filter((node) => {
    const parent = node.getParent()
    if (!isImported(node, JWT, 'JwtService') || Node.isImportSpecifier(parent)) return false
    const isProvided = Node.isPropertyAssignment(parent) && parent.getName() === 'provide'
    const isInjected = Node.isCallExpression(parent) && Node.isDecorator(parent.getParent())
    const isMember = Node.isTypeReference(parent) && isOfClass(parent.getParent())
    return isProvided || !(isMember || Node.isArrayLiteralExpression(parent) || isInjected)
  })
}

/** A property, or a parameter of the constructor, of a class of the file itself. */
function isOfClass(declaration: Node | undefined): boolean {
  if (!Node.isParameterDeclaration(declaration) && !Node.isPropertyDeclaration(declaration)) return false
  const type = declaration.getFirstAncestorByKind(ts.SyntaxKind.ClassDeclaration)
  const owner = declaration.getParent()
  return Node.isSourceFile(type?.getParent()) && (owner === type || Node.isConstructorDeclaration(owner))
}

function findStrategies(file: SourceFile): JwtStrategy[] {
  return file.getClasses().flatMap((type) => {
    const base = type.getExtends()?.getExpression()
    if (!Node.isCallExpression(base) || !isImported(base.getExpression(), PASSPORT, 'PassportStrategy'))
      return []
    const [strategy, name] = base.getArguments()
    if (!isImported(strategy, 'passport-jwt', 'Strategy')) return []
    const called = type
      .getConstructors()[0]
      ?.getDescendantsOfKind(ts.SyntaxKind.CallExpression)
      .find((call) => Node.isSuperExpression(call.getExpression()))
    const title = name === undefined ? 'jwt' : String(literalOf(name) ?? name.getText())
    return [{ type, name: title, options: called?.getArguments()[0] }]
  })
}

/** The class that a name leads to, if it is one of the app's. */
export function classOf(node: Node | undefined): ClassDeclaration | undefined {
  return declarationsOf(node).find((declaration) => Node.isClassDeclaration(declaration))
}
