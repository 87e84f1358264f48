'use strict'

const { createRequire } = require('node:module')
const path = require('node:path')

/** The compiler of the app, else that of its Nest CLI. `undefined` if neither has an API, as TypeScript 7 has none. */
exports.loadTypeScript = (folder = process.cwd()) => {
  const fromApp = createRequire(path.join(folder, 'package.json'))
  const places = [
    () => fromApp('typescript'),
    () => createRequire(fromApp.resolve('@nestjs/cli/package.json'))('typescript'),
  ]
  for (const load of places) {
    const typescript = attempt(load)
    if (typeof typescript?.createSourceFile === 'function') return typescript
  }
  return undefined
}

function attempt(load) {
  try {
    return load()
  } catch {
    return undefined
  }
}
