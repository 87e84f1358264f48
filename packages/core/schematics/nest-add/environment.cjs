'use strict'

const { randomBytes } = require('node:crypto')

const MAKE_SECRET = `node -p "crypto.randomBytes(48).toString('base64url')"`
const SAMPLES = ['.env.example', '.env.sample', '.env.template']

/**
 * Gives `.env` a secret of this machine's own, and makes git ignore the file. The sample, which is committed, names the
 * variable without a value: a secret in a repository is known to everybody who can read it. Existing variables are kept.
 * An `.env` that git may have in the repository, or may take into it, gets no secret. Returns what is left to do.
 */
exports.addEnvironment = (tree, app) => {
  const sample = SAMPLES.find((path) => tree.exists(path)) ?? SAMPLES[0]
  const mayBeCommitted = tree.exists('.env') && !ignoresEnv(tree)
  // Where a line takes `.env` back, one more would not be what its author wants.
  addLine(tree, '.gitignore', '.env', matchesEnv)
  const isLeft = (mayBeCommitted || !ignoresEnv(tree)) && !hasVariable(tree, '.env', 'JWT_SECRET')
  if (!isLeft) addVariable(tree, '.env', 'JWT_SECRET', randomBytes(48).toString('base64url'))
  addVariable(tree, sample, 'JWT_SECRET', '', `# Make one for each environment: ${MAKE_SECRET}`)
  const address = addressOf(app)
  if (address !== undefined) for (const path of ['.env', sample]) addVariable(tree, path, ...address)
  return isLeft ? [SECRET_LEFT] : []
}

const SECRET_LEFT = `.env may be in the repository, so no secret was written into it. Let .gitignore name it, and run
git rm --cached .env if git has it. Then add JWT_SECRET= with what this prints: ${MAKE_SECRET}`

/** The last line of `.gitignore` that is about `.env` decides. */
function ignoresEnv(tree) {
  const lines = tree.exists('.gitignore') ? tree.readText('.gitignore').split('\n') : []
  const last = lines.map((line) => line.trim()).findLast((line) => matchesEnv(line.replace(/^!/, '')))
  return last !== undefined && !last.startsWith('!')
}

/** Whether a pattern of `.gitignore` matches `.env` beside it. `.env.example` and the like do not. */
function matchesEnv(pattern) {
  const name = pattern.replace(/^(\*\*)?\//, '').replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${name.replaceAll(/\*+/g, '.*').replaceAll('?', '.')}$`).test('.env')
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

const sets = (name) => (line) => new RegExp(`^(export\\s+)?${name}\\s*=`).test(line)

function hasVariable(tree, path, name) {
  return (
    tree.exists(path) &&
    tree
      .readText(path)
      .split('\n')
      .some((line) => sets(name)(line.trim()))
  )
}

function addVariable(tree, path, name, value, comment) {
  const line = `${name}=${value}`
  addLine(tree, path, comment === undefined ? line : `${comment}\n${line}`, sets(name))
}

function addLine(tree, path, line, isThere) {
  if (!tree.exists(path)) return tree.create(path, `${line}\n`)
  const text = tree.readText(path)
  if (text.split('\n').some((existing) => isThere(existing.trim()))) return undefined
  return tree.overwrite(path, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`)
}
