import { join } from 'node:path'
import ts from 'typescript'
import { workspaceRoot } from '../support/run.js'

const folder = join(workspaceRoot, 'packages/browser')
const isNewerLibrary = /lib\.(dom|es20(1[6-9]|[2-9]\d))[\w.]*\.d\.ts$/

/** How `packages/browser` is compiled. */
export function compilerOptions(): ts.CompilerOptions {
  return projectOf().options
}

/** Everything beyond ES2015 that the client's code uses of a browser: `fetch`, `Headers.get`, `RequestInit.signal` … */
export function usedApis(): string[] {
  const { fileNames, options } = projectOf()
  const program = ts.createProgram(fileNames, options)
  const checker = program.getTypeChecker()
  const names = new Set<string>()

  const add = (symbol: ts.Symbol | undefined) => {
    const declarations = symbol?.declarations ?? []
    const [first] = declarations
    if (
      !symbol ||
      !first ||
      !declarations.every((each) => isNewerLibrary.test(each.getSourceFile().fileName))
    )
      return
    const owner = ts.isInterfaceDeclaration(first.parent) ? `${first.parent.name.text}.` : ''
    names.add(owner + symbol.name)
  }
  const addProperties = (type: ts.Type | undefined, properties: (string | undefined)[]) => {
    for (const name of properties) if (type && name !== undefined) add(checker.getPropertyOfType(type, name))
  }
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return
    if (ts.isIdentifier(node)) add(checker.getSymbolAtLocation(node))
    if (ts.isObjectLiteralExpression(node)) {
      const wanted = checker.getContextualType(node)
      addProperties(
        wanted && checker.getNonNullableType(wanted),
        node.properties.map(({ name }) => name?.getText()),
      )
    }
    if (ts.isObjectBindingPattern(node)) {
      const names = node.elements.map(({ propertyName, name }) => (propertyName ?? name).getText())
      addProperties(checker.getTypeAtLocation(node), names)
    }
    ts.forEachChild(node, visit)
  }
  for (const file of fileNames) ts.forEachChild(program.getSourceFile(file)!, visit)
  return [...names].toSorted()
}

function projectOf(): ts.ParsedCommandLine {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} }
  const project = ts.getParsedCommandLineOfConfigFile(join(folder, 'tsconfig.json'), {}, host)
  if (!project) throw new Error('packages/browser/tsconfig.json cannot be read.')
  return project
}
