'use strict'

const { posix } = require('node:path')
const { addToArray, editSource } = require('./source-edits.cjs')

/** Adds the new module to the `imports` of the root module. Returns what is left to do where it cannot do so safely. */
exports.importModule = (tree, { rootModule, name, className, extension }) => {
  const imported = { name: `${className}Module`, from: `./${name}/${name}.module${extension}` }
  const isEdited = editSource(tree, rootModule, imported, (source) => {
    const [metadata, ...others] = source
      .classes()
      .flatMap((node) => source.decoratorArguments(node, 'Module'))
    if (metadata === undefined || others.length > 0) return undefined
    return addToArray(source, metadata, 'imports', imported.name)
  })
  if (isEdited) return []
  const lines = [
    `In ${rootModule}, which has an unusual form and was left as it is, write:`,
    `  import { ${imported.name} } from '${imported.from}';`,
    `  @Module({ imports: [${imported.name}], … })`,
  ]
  return [lines.join('\n')]
}

/** Keeps the `GET /` of a new app public, for which the app has a test. Other routes are for the app to decide. */
exports.openRootRoute = (tree, { sourceRoot }) => {
  const path = posix.join(sourceRoot, 'app.controller.ts')
  if (!tree.exists(path)) return
  editSource(tree, path, { name: 'Public', from: '@nest-jwt-auth/core' }, (source) => {
    const handler = source
      .classes()
      .filter((node) => node.name?.text === 'AppController')
      .flatMap((node) => node.members)
      .find((node) => node.name?.text === 'getHello')
    const decorators = handler === undefined ? [] : source.decorators(handler)
    const isRoot = decorators.length === 1 && decorators[0].getText() === '@Get()'
    return isRoot
      ? [{ at: decorators[0].getStart(), text: `@Public()${source.lineBreakBefore(handler)}` }]
      : undefined
  })
}
