import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir, type } from 'node:os'
import { join, relative } from 'node:path'
import { format } from 'prettier'
import { pageOf, pagePath, promisesByPage, recordPath, root } from './evidence-page.mjs'

/**
 * `npm run evidence` runs all suites that prove a promise, records what they said and writes docs/evidence.md.
 * `--only` names suites, or npm scripts, which run for long and so only if named. `--page` runs nothing.
 */
const [mode, ...only] = process.argv.slice(2)
const pages = promisesByPage()
const promises = Object.values(pages).flat()
const suites = new Set(promises.flatMap(({ suites = [] }) => suites))
const scripts = new Set(promises.flatMap(({ script = [] }) => script))
const named = mode === '--only' ? only : mode === '--page' ? [] : [...suites]
const unknown = named.filter((name) => !suites.has(name) && !scripts.has(name))
if (unknown.length > 0) fail(`No promise is proved by ${unknown.join(', ')}.`)

const date = new Date().toISOString().slice(0, 10)
const machine = `${availableParallelism()} CPUs, Node ${process.versions.node}, ${type()} ${process.arch}`
const records = existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, 'utf8')) : {}
const chosen = named.filter((name) => suites.has(name))
Object.assign(records, chosen.length > 0 ? runSuites(chosen) : {})
for (const script of named.filter((name) => scripts.has(name))) {
  records[`npm run ${script}`] = runScript(script)
}

// What no promise is proved by any more is forgotten.
const kept = Object.entries(records)
  .filter(([key]) => suites.has(key) || scripts.has(key.replace('npm run ', '')))
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
const lines = kept.map(([key, record]) => `${JSON.stringify(key)}: ${JSON.stringify(record)}`)
writeFileSync(recordPath, await format(`{\n${lines.join(',\n')}\n}`, { parser: 'json', printWidth: 110 }))
writeFileSync(pagePath, await pageOf(pages, Object.fromEntries(kept)))
if (kept.some(([, { failed = 0, hasPassed = true }]) => failed > 0 || !hasPassed))
  fail('There are failures, which the page shows.')

/** All in one run of jest, which tells the result of each. */
function runSuites(paths) {
  const folder = mkdtempSync(join(tmpdir(), 'evidence-'))
  const outputFile = join(folder, 'results.json')
  const args = ['--selectProjects=nest-12', '--json', `--outputFile=${outputFile}`, '--runTestsByPath']
  npm(['run', 'test:jest', '--', ...args, ...paths], ['ignore', 'ignore', 'inherit'])
  if (!existsSync(outputFile)) fail('The suites did not run: jest says why.')
  const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8'))
  rmSync(folder, { recursive: true })
  return Object.fromEntries(testResults.map((result) => [keyOf(result), countsOf(result)]))
}

function keyOf({ name }) {
  return relative(root, name).replaceAll('\\', '/')
}

function countsOf({ assertionResults, status }) {
  const count = (wanted) => assertionResults.filter(({ status }) => status === wanted).length
  // A suite that does not load has no tests to count.
  const failed = status === 'failed' ? Math.max(1, count('failed')) : 0
  return { passed: count('passed'), failed, skipped: count('pending'), date, machine }
}

/** A script that has more to tell than its exit code ends with a line `evidence: {…}`. */
function runScript(script) {
  const { status, stdout } = npm(['run', '--silent', script], ['ignore', 'pipe', 'inherit'])
  process.stdout.write(stdout)
  const [, json] = /^evidence: (\{.*\})$/m.exec(stdout) ?? []
  return { hasPassed: status === 0, date, machine, evidence: json && JSON.parse(json) }
}

function npm(args, stdio) {
  const options = {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    shell: process.platform === 'win32',
    stdio,
  }
  return spawnSync('npm', args, options)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
