'use strict'

const { posix } = require('node:path')

/** The file that sets up `JwtAuthModule`, if there is one. Throws if a file to write exists and does not. */
exports.findSetup = (tree, { sourceRoot, folder, name }) => {
  const setup = typeScriptFiles(tree.getDir(sourceRoot)).find((path) =>
    /\bJwtAuthModule\s*\.\s*forRoot/.test(tree.readText(path)),
  )
  if (setup !== undefined) return setup.slice(1)
  const existing = tree.getDir(folder).subfiles.find((file) => file.endsWith('.ts'))
  if (existing !== undefined)
    throw new Error(
      `${posix.join(folder, existing)} exists, so nothing was changed. Choose another name for the module: ` +
        `nest add @nest-jwt-auth/core --name=${name === 'auth' ? 'app-auth' : `${name}-2`}`,
    )
  return undefined
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
