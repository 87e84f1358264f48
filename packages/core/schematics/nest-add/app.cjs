'use strict'

const { posix } = require('node:path')

const LOCK_FILES = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
]

/** What the other steps need to know of the app. Throws if it has no `app.module.ts`, before anything is written. */
exports.readApp = (tree, { sourceRoot = 'src', store = 'memory', name = 'auth', database }) => {
  const rootModule = posix.join(sourceRoot, 'app.module.ts')
  if (!tree.exists(rootModule))
    throw new Error(
      `${rootModule} does not exist, so nothing was changed. Run nest add in the folder of nest-cli.json; ` +
        `in an app with another root module, or in JavaScript, follow the quick start of @nest-jwt-auth/core.`,
    )
  const manifest = tree.exists('package.json') ? JSON.parse(tree.readText('package.json')) : {}
  const packages = { ...manifest.dependencies, ...manifest.devDependencies }
  const has = (dependency) => Object.hasOwn(packages, dependency)
  const rootModuleText = tree.readText(rootModule)
  return {
    name,
    className: name.replace(/(^|-)([a-z0-9])/g, (_match, _dash, letter) => letter.toUpperCase()),
    store,
    database: database ?? (has('mysql2') && !has('pg') ? 'mysql' : 'postgres'),
    sourceRoot,
    folder: posix.join(sourceRoot, name),
    testFolder: posix.join(posix.dirname(sourceRoot), 'test'),
    rootModule,
    // As the app itself writes it: ES modules need the extension in a relative import.
    extension: hasExtensions(rootModuleText, manifest) ? '.js' : '',
    isFastify: has('@nestjs/platform-fastify') && !has('@nestjs/platform-express'),
    packageManager: packageManagerOf(tree, manifest),
    manifest,
    has,
  }
}

function hasExtensions(text, manifest) {
  const [, path] = /from\s+['"](\.[^'"]*)['"]/.exec(text) ?? []
  return path === undefined ? manifest.type === 'module' : path.endsWith('.js')
}

function packageManagerOf(tree, manifest) {
  const [declared] = (manifest.packageManager ?? '').split('@')
  const [, found] = LOCK_FILES.find(([file]) => tree.exists(file)) ?? []
  return declared || (found ?? 'npm')
}
