import { type ImportDeclaration, type ImportSpecifier, type SourceFile, ts } from 'ts-morph'

/** What is imported anew, and what is not any more. */
export interface ImportChange {
  readonly added: { module: string; name: string; type: boolean }[]
  readonly dropped: Set<string>
}

/** The names that the file uses outside of its imports. */
export function usedNames(file: SourceFile): ReadonlySet<string> {
  return new Set(
    file
      .getDescendantsOfKind(ts.SyntaxKind.Identifier)
      .filter((name) => name.getFirstAncestorByKind(ts.SyntaxKind.ImportDeclaration) === undefined)
      .map((name) => name.getText()),
  )
}

/** Removes the imports that were used before and are not now, and adds the new ones in the style of the file. */
export function rewriteImports(file: SourceFile, before: ReadonlySet<string>, change: ImportChange): string {
  const style = styleOf(file)
  const now = usedNames(file)
  const isDropped = (name: string) => change.dropped.has(name) || (before.has(name) && !now.has(name))
  removeUnused(file, isDropped)
  for (const { module, name, type } of change.added) {
    const local = name.split(' as ').at(-1) ?? name
    if (usedNames(file).has(local)) addImport(file, module, name, type, style)
  }
  return file.getFullText()
}

/** How the file writes strings and ends statements. */
export function styleOf(file: SourceFile): { quote: string; semicolon: string } {
  const text = file.getImportDeclarations()[0]?.getText() ?? "''"
  return { quote: text.includes('"') ? '"' : "'", semicolon: text.endsWith(';') ? ';' : '' }
}

/** A string literal, in the style of the file. */
export function quoted(text: string, file: SourceFile): string {
  const { quote } = styleOf(file)
  return `${quote}${text}${quote}`
}

function removeUnused(file: SourceFile, isDropped: (name: string) => boolean): void {
  const unused: ImportDeclaration[] = []
  for (const declaration of file.getImportDeclarations()) {
    const named = declaration.getNamedImports()
    const kept = named.filter((specifier) => !isDropped(localName(specifier)))
    const whole = declaration.getDefaultImport() ?? declaration.getNamespaceImport()
    const isWholeDropped = whole !== undefined && isDropped(whole.getText())
    if (kept.length === named.length && !isWholeDropped) continue
    if (kept.length === 0 && (whole === undefined || isWholeDropped)) unused.push(declaration)
    else if (isWholeDropped) declaration.removeDefaultImport()
    else
      setNames(
        declaration,
        kept.map((specifier) => specifier.getText()),
      )
  }
  if (unused.length > 0) removeLines(file, unused)
}

/** The comments and the empty lines around them stay. */
function removeLines(file: SourceFile, declarations: readonly ImportDeclaration[]): void {
  let text = file.getFullText()
  for (const declaration of declarations.toReversed()) {
    const end = declaration.getEnd()
    text = text.slice(0, declaration.getStart()) + text.slice(end).replace(/^\r?\n/, '')
  }
  file.replaceWithText(text)
}

function setNames(declaration: ImportDeclaration, names: readonly string[]): void {
  const bindings = declaration.getImportClause()?.getNamedBindings()
  if (names.length === 0) declaration.removeNamedImports()
  else if (bindings !== undefined) {
    const indent = /\n(\s+)/.exec(bindings.getText())?.[1]
    bindings.replaceWithText(
      indent === undefined
        ? `{ ${names.join(', ')} }`
        : `{\n${names.map((name) => `${indent}${name},\n`).join('')}}`,
    )
  }
}

function addImport(
  file: SourceFile,
  module: string,
  name: string,
  isType: boolean,
  { quote, semicolon }: ReturnType<typeof styleOf>,
): void {
  const declarations = file.getImportDeclarations()
  const local = name.split(' as ').at(-1)
  if (declarations.some((other) => other.getNamedImports().some((one) => localName(one) === local))) return
  const same = declarations.find(
    (other) =>
      other.getModuleSpecifierValue() === module && !other.isTypeOnly() && other.getNamedImports().length > 0,
  )
  const specifier = isType ? `type ${name}` : name
  if (same !== undefined) {
    setNames(same, sorted([...same.getNamedImports().map((one) => one.getText()), specifier]))
    return
  }
  const line = `import { ${specifier} } from ${quote}${module}${quote}${semicolon}\n`
  const isPackage = !module.startsWith('.')
  const after = declarations.findLast((other) => !isPackage || !other.isModuleSpecifierRelative())
  const position = after?.getEnd() ?? declarations[0]?.getStart() ?? 0
  file.insertText(position, after === undefined ? line : `\n${line.trimEnd()}`)
}

const sorted = (names: readonly string[]) =>
  names.toSorted((one, other) => one.replace('type ', '').localeCompare(other.replace('type ', '')))

const localName = (specifier: ImportSpecifier) =>
  (specifier.getAliasNode() ?? specifier.getNameNode()).getText()
