import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { evidenceOf, failuresOf, tableOf } from './report.mjs'
import { suitesOn } from './suites.mjs'
import { installNodes, nests, nodeRanges, root } from './versions.mjs'

/**
 * `npm run matrix`: each version of Node with each version of Nest. `npm run matrix -- 22 12.0` tries the named versions of
 * either; any range of Node may be named (`20.19.0`).
 */
const start = promisify(execFile)
const named = process.argv.slice(2)
const namedNests = nests.filter(({ version }) => named.some((name) => version.startsWith(`${name}.`)))
const namedNodes = named.filter((name) => !nests.some(({ version }) => version.startsWith(`${name}.`)))
const nodes = installNodes(namedNodes.length > 0 ? namedNodes : nodeRanges)

const cells = []
for (const node of nodes) {
  for (const nest of namedNests.length > 0 ? namedNests : nests) {
    const cell = { node: node.version, nest: nest.version, ...(await test(node, nest)) }
    cells.push({ ...cell, ...(await measure(node, nest)) })
    console.error(`Node ${node.version}, Nest ${nest.version}: ${cell.passed} passed, ${cell.failed} failed`)
  }
}

console.log(['', ...failuresOf(cells), ...tableOf(cells), ''].join('\n'))
console.log(`evidence: ${JSON.stringify(evidenceOf(cells))}`)
process.exit(cells.some(({ failed }) => failed > 0) ? 1 : 0)

/** Runs the suites of the cell in a jest of their own, which this Node runs. */
async function test(node, nest) {
  const folder = mkdtempSync(join(tmpdir(), 'matrix-'))
  const outputFile = join(folder, 'results.json')
  const paths = suitesOn(nest).map((name) => join(root, `test/${name}.spec.ts`))
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  const jest = ['node_modules/jest/bin/jest.js', '--config=test/matrix/jest.config.mjs', '-w', '2']
  const only = [`--selectProjects=${nest.project}`, '--json', `--outputFile=${outputFile}`]
  const started = performance.now()
  try {
    // Jest says by its exit code too that a test has failed: the file tells which.
    await startNode(node, [...flags, ...jest, ...only, '--runTestsByPath', ...paths]).catch(() => {})
    const results = JSON.parse(readFileSync(outputFile, 'utf8'))
    return { ...countsOf(results), seconds: Math.round((performance.now() - started) / 1000) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function countsOf(results) {
  const files = results.testResults.filter(({ status }) => status === 'failed')
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests,
    failures: files.map(({ name, message }) => `${name.slice(root.length)}\n${message}`),
  }
}

async function measure(node, nest) {
  const args = ['--import', './test/matrix/use-nest.mjs', 'test/matrix/figures.mjs']
  const { stdout } = await startNode(node, args, { NEST_FOLDER: nest.folder })
  return JSON.parse(stdout)
}

function startNode({ program }, args, env = {}) {
  return start(program, args, { cwd: root, env: { ...process.env, ...env }, maxBuffer: 2 ** 28 })
}
