'use strict'

const { loadTypeScript } = require('./typescript.cjs')

/**
 * Imports a name in a source file and makes the insertions that `find` returns for it. Changes nothing and returns
 * `false` if there is no compiler to read the file with, or `find` returns `undefined`.
 */
exports.editSource = (tree, path, imported, find) => {
  const typescript = loadTypeScript()
  if (typescript === undefined) return false
  const source = readSource(typescript, path, tree.readText(path))
  const insertions = find(source)
  if (insertions === undefined) return false
  tree.overwrite(path, insert(source.text, [...insertions, importOf(source, imported)]))
  return true
}

/**
 * Adds an element to an array in an object literal, as an insertion. `undefined` if the member is no array literal, or may
 * be set by a spread or under a computed or quoted name.
 */
exports.addToArray = (source, object, member, element) => {
  if (object.properties.some(({ name }) => name === undefined || !/^\w+$/.test(name.getText())))
    return undefined
  const property = object.properties.find((node) => node.name?.getText() === member)
  if (property === undefined) {
    const space = source.lineBreakBefore(object.properties[0]) ?? ' '
    const comma = object.properties.length > 0 ? ',' : ' '
    return [{ at: object.getStart() + 1, text: `${space}${member}: [${element}]${comma}` }]
  }
  const { initializer } = property
  if (initializer?.elements === undefined) return undefined
  const last = initializer.elements.at(-1)
  if (last === undefined) return [{ at: initializer.getStart() + 1, text: element }]
  return [{ at: last.getEnd(), text: `,${source.lineBreakBefore(last) ?? ' '}${element}` }]
}

function readSource(typescript, path, text) {
  const file = typescript.createSourceFile(path, text, typescript.ScriptTarget.Latest, true)
  const decorators = (node) => typescript.getDecorators(node) ?? []
  return {
    text,
    imports: file.statements.filter(typescript.isImportDeclaration),
    start: file.statements[0]?.getStart() ?? 0,
    classes: () => file.statements.filter(typescript.isClassDeclaration),
    decorators,
    decoratorArguments: (node, name) =>
      decorators(node)
        .map(({ expression }) => expression)
        .filter((call) => typescript.isCallExpression(call) && call.expression.getText() === name)
        .map((call) => call.arguments[0])
        .filter((argument) => argument !== undefined && typescript.isObjectLiteralExpression(argument)),
    lineBreakBefore: (node) =>
      (node && /\r?\n[ \t]*$/.exec(text.slice(0, node.getStart()))?.[0]) ?? undefined,
  }
}

function importOf({ text, imports, start }, { name, from }) {
  const last = imports.at(-1)
  const quote = imports.some((node) => node.moduleSpecifier.getText().startsWith('"')) ? '"' : "'"
  const end = last === undefined || last.getText().endsWith(';') ? ';' : ''
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n'
  const line = `import { ${name} } from ${quote}${from}${quote}${end}`
  return last === undefined
    ? { at: start, text: `${line}${lineBreak}${lineBreak}` }
    : { at: last.getEnd(), text: `${lineBreak}${line}` }
}

function insert(text, insertions) {
  return insertions
    .toSorted((a, b) => b.at - a.at)
    .reduce((result, { at, text: added }) => result.slice(0, at) + added + result.slice(at), text)
}
