'use strict'

const { readApp } = require('./app.cjs')
const { addEnvironment } = require('./environment.cjs')
const { addJestSettings } = require('./jest-settings.cjs')
const { importModule, openRootRoute } = require('./app-edits.cjs')
const { e2eTest } = require('./e2e-test.cjs')
const { findSetup } = require('./find-setup.cjs')
const { sourceFiles } = require('./source-files.cjs')
const { describeResult } = require('./report.cjs')

/**
 * What `nest add @nest-jwt-auth/core` runs. Writes new files and adds to existing ones; what it cannot edit safely it
 * leaves as it is, and prints the lines to write. In an app that already sets up `JwtAuthModule` it changes nothing.
 */
exports.default = (options) => (tree, context) => {
  const app = readApp(tree, options)
  const setup = findSetup(tree, app)
  if (setup !== undefined) {
    context.logger.info(`${setup} already sets up JwtAuthModule. Nothing was changed.`)
    return tree
  }
  for (const [path, text] of sourceFiles(app)) tree.create(path, text)
  openRootRoute(tree, app)
  const environment = addEnvironment(tree, app)
  const test = e2eTest(tree, app)
  if (test !== undefined) tree.create(test.path, test.text)
  const imports = importModule(tree, app)
  const todo = [...imports, ...environment, ...addJestSettings(tree, app)]
  context.logger.info(describeResult(app, { test, todo, isGuarded: imports.length === 0 }))
  return tree
}
