const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { compileFunction, SyntheticModule } = require('node:vm')
const { default: Runtime } = require('jest-runtime')

/**
 * Loads our own files anew for each suite, and what is installed once for all suites of a worker, with Node's own loader.
 * That is most of what a suite loads, and takes longer than most suites. It needs one realm for both, so suites run in the
 * realm of the worker and not in a vm context, which is slow besides: each global is looked up through a proxy.
 * test/jest-environment.mjs undoes what a suite has changed in that realm, and `teardown` what it has changed in packages.
 */
module.exports = class OwnFilesRuntime extends Runtime {
  #resolution
  #nest

  constructor(...args) {
    super(...args)
    const { esmLoader, executor, _resolution: resolution } = this
    const { resolveModule } = esmLoader
    this.#resolution = resolution
    esmLoader.getContext = () => undefined
    esmLoader.resolveModule = async (specifier, from, context) => {
      if (isName(specifier)) {
        const file = await resolution.resolveEsmAsync(from, specifier)
        if (this.#isShared(file)) return moduleFor(file)
      }
      return resolveModule.call(esmLoader, specifier, from, context)
    }
    // Node 24 could load the modules of a suite synchronously, but then not through `resolveModule`.
    resolution.hasDistinctAsyncResolver = () => true
    executor.compile = (code, filename) =>
      compileFunction(code, executor.injectedModuleParameters, {
        filename,
        importModuleDynamically: (specifier, _function, attributes) =>
          executor.dynamicImport(specifier, filename, undefined, attributes),
      })
  }

  requireModule(from, name, options, isActual) {
    if (name === undefined || !this.#resolution.isCoreModule(name)) {
      const file = this.#resolution.resolveCjs(from, name)
      if (this.#isShared(file)) return require(file)
    }
    return super.requireModule(from, name, options, isActual)
  }

  /** Node would find the usual Nest for a package that is not installed beside the Nest of this project. */
  #isShared(file) {
    if (!/[\\/]node_modules[\\/]/.test(file) || KEEPS_MORE.test(file)) return false
    this.#nest ??= path.dirname(path.dirname(this.#resolution.resolveCjs(__filename, '@nestjs/core')))
    return !NEEDS_NEST.test(file) || file.startsWith(this.#nest)
  }

  /** Would replace a method of the worker's own `process`. */
  installGetBuiltinModule() {}

  teardown() {
    super.teardown()
    for (const [Logger, statics] of loggers) Object.assign(Logger, statics)
  }
}

/** Loaded for each suite: they collect the types of all apps, and the tests and matchers of a suite. */
const KEEPS_MORE = /[\\/]node_modules[\\/](@nestjs[\\/](graphql|apollo|mercurius)|jest-circus)[\\/]/

const NEEDS_NEST = /[\\/]node_modules[\\/]@nestjs[\\/]/

const isName = (specifier) => specifier !== '@jest/globals' && !/^data:|\?/.test(specifier)

const modules = new Map()

/** The classes `Logger` of Nest that were loaded, and their statics before an app has set its own logger. */
const loggers = new Map()

/** What `import` of this file means in a suite. */
function moduleFor(file) {
  if (!modules.has(file)) modules.set(file, loadModule(file))
  return modules.get(file)
}

async function loadModule(file) {
  const exports = await import(pathToFileURL(file).href)
  if (/@nestjs[\\/]common[\\/]index\.js$/.test(file)) loggers.set(exports.Logger, { ...exports.Logger })
  const names = Object.keys(exports)
  const module = new SyntheticModule(names, () => {
    for (const name of names) module.setExport(name, exports[name])
  })
  await module.link(() => undefined)
  await module.evaluate()
  return module
}
