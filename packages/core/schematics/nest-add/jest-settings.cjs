'use strict'

const { posix } = require('node:path')

const COMPILED = '/node_modules/(?!.*(@nest-jwt-auth|jose)/)'

/**
 * Makes jest compile the ES modules of this library to CommonJS, which is what it can load. Returns what is left to do
 * where its settings have another form than those of the starters.
 */
exports.addJestSettings = (tree, { manifest, testFolder, has }) => {
  if (!has('jest')) return []
  // With this flag jest loads ES modules itself.
  if (JSON.stringify(manifest.scripts ?? {}).includes('--experimental-vm-modules')) return []
  const edited = [
    editJson(tree, 'package.json', (content) => ({ ...content, jest: withSetting(content.jest) })),
    editJson(tree, posix.join(testFolder, 'jest-e2e.json'), withSetting),
  ]
  if (edited.every(Boolean)) return []
  return [
    'In each configuration of jest, whose transform must include .js files, write:\n' +
      `  "transformIgnorePatterns": ${JSON.stringify([COMPILED])}`,
  ]
}

/** Throws where the settings are not the app's own, or say something else about the same. */
function withSetting(settings) {
  const { transform = { '\\.js$': 'babel-jest' }, transformIgnorePatterns } = settings
  if (transformIgnorePatterns?.includes(COMPILED)) return settings
  const compilesJs = Object.keys(transform).some((pattern) =>
    new RegExp(pattern).test('/node_modules/jose/index.js'),
  )
  if (!compilesJs || transformIgnorePatterns !== undefined) throw new TypeError('unusual settings')
  return { ...settings, transformIgnorePatterns: [COMPILED] }
}

function editJson(tree, path, edit) {
  try {
    const text = tree.readText(path)
    const indent = /^[ \t]+/m.exec(text)?.[0]
    tree.overwrite(path, `${JSON.stringify(edit(JSON.parse(text)), undefined, indent)}\n`)
    return true
  } catch {
    return false
  }
}
