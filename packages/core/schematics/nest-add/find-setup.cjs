'use strict'

const { posix } = require('node:path')

/**
 * The file that sets up `JwtAuthModule`, if there is one. Throws if there is none, but a file to write, or a module of the
 * name in the root module.
 */
exports.findSetup = (tree, { sourceRoot, folder, name, className, rootModule }) => {
  const setup = typeScriptFiles(tree.getDir(sourceRoot)).find((path) =>
    /\bJwtAuthModule\s*\.\s*forRoot/.test(tree.readText(path)),
  )
  if (setup !== undefined) return setup.slice(1)
  const existing = tree.getDir(folder).subfiles.find((file) => file.endsWith('.ts'))
  if (existing !== undefined) refuseName(`${posix.join(folder, existing)} exists`, name)
  const module = `${className}Module`
  if (new RegExp(`\\b${module}\\b`).test(tree.readText(rootModule)))
    refuseName(`${rootModule} has another ${module}`, name)
  return undefined
}

function refuseName(reason, name) {
  throw new Error(
    `${reason}, so nothing was changed. Choose another name for the module: ` +
      `nest add @nest-jwt-auth/core --name=${name === 'auth' ? 'app-auth' : `${name}-2`}`,
  )
}

function typeScriptFiles(directory) {
  const files = directory.subfiles.filter((file) => file.endsWith('.ts'))
  return [
    ...files.map((file) => `${directory.path}/${file}`),
    ...directory.subdirs
      .filter((name) => name !== 'node_modules' && name !== 'dist')
      .flatMap((name) => typeScriptFiles(directory.dir(name))),
  ]
}
