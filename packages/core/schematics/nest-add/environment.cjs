'use strict'

const { randomBytes } = require('node:crypto')

const MAKE_SECRET = `node -p "crypto.randomBytes(48).toString('base64url')"`
const SAMPLES = ['.env.example', '.env.sample', '.env.template']
const IGNORING = new Set(['.env', '/.env', '.env*', '/.env*', '*.env'])

/**
 * Gives `.env` a secret of this machine's own, and makes git ignore the file. The sample, which is committed, names the
 * variable without a value: a secret in a repository is known to everybody who can read it. Existing variables are kept.
 */
exports.addEnvironment = (tree, app) => {
  const sample = SAMPLES.find((path) => tree.exists(path)) ?? SAMPLES[0]
  addLine(tree, '.gitignore', '.env', (line) => IGNORING.has(line))
  addVariable(tree, '.env', 'JWT_SECRET', randomBytes(48).toString('base64url'))
  addVariable(tree, sample, 'JWT_SECRET', '', `# Make one for each environment: ${MAKE_SECRET}`)
  const address = addressOf(app)
  if (address !== undefined) for (const path of ['.env', sample]) addVariable(tree, path, ...address)
}

/** The variable with the address of the store, and one for a server on this machine. */
function addressOf({ store, database }) {
  if (store === 'memory' || store === 'typeorm') return undefined
  if (store === 'redis') return ['REDIS_URL', 'redis://127.0.0.1:6379']
  return [
    'DATABASE_URL',
    database === 'mysql' ? 'mysql://root@127.0.0.1:3306/test' : 'postgres://postgres@127.0.0.1:5432/postgres',
  ]
}

function addVariable(tree, path, name, value, comment) {
  const line = `${name}=${value}`
  const isSet = (existing) => new RegExp(`^(export\\s+)?${name}\\s*=`).test(existing)
  addLine(tree, path, comment === undefined ? line : `${comment}\n${line}`, isSet)
}

function addLine(tree, path, line, isThere) {
  if (!tree.exists(path)) return tree.create(path, `${line}\n`)
  const text = tree.readText(path)
  if (text.split('\n').some((existing) => isThere(existing.trim()))) return undefined
  return tree.overwrite(path, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`)
}
