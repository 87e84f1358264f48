import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/**
 * `npm run coverage [-- FILE …]`: runs the suites, all or these, and counts the branches of packages/*\/src that they take.
 * What child processes run, and what runs from dist, is not counted. Fails below the thresholds.
 */
const root = fileURLToPath(new URL('..', import.meta.url))

/** Every branch is taken: the pipeline of a request, the verification of tokens, rotation and CSRF. */
const whole = [
  'core/src/request/',
  'core/src/token/',
  'core/src/issue/session-refresher.ts',
  'core/src/cookies/csrf-token.ts',
  'core/src/sessions/rotation.ts',
  'core/src/sessions/refresh-reused.ts',
  'core/src/sessions/generation.ts',
  'core/src/sessions/session-check.ts',
  'core/src/sessions/store/in-memory.session-store.ts',
  'redis/src/rotation.ts',
  'sql/src/rotation.ts',
].map((path) => `packages/${path}`)
const LEAST = 95

const folder = mkdtempSync(join(tmpdir(), 'coverage-'))
const suites = process.argv.slice(2)
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    `--maxWorkers=${process.env.COVERAGE_WORKERS ?? 2}`,
    '--coverage',
    '--coverageProvider=v8',
    '--collectCoverageFrom=packages/*/src/**/*.ts',
    '--collectCoverageFrom=!**/*.spec.ts',
    '--coverageReporters=json',
    '--coverageReporters=json-summary',
    `--coverageDirectory=${folder}`,
    ...(suites.length === 0 ? [] : ['--selectProjects=nest-12', '--runTestsByPath', ...suites]),
  ],
  { cwd: root, stdio: 'inherit' },
)
const read = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'))
const { total: _, ...files } = read('coverage-summary.json')
const places = read('coverage-final.json')
rmSync(folder, { recursive: true })

const counted = Object.entries(files)
  .filter(([file]) => !holdsTypesOnly(file))
  .map(([absolute, { branches }]) => {
    const { covered, total } = branches
    return { file: relative(root, absolute), absolute, covered, total }
  })
const missed = counted.filter(({ covered, total }) => covered < total)
for (const { file, absolute, covered, total } of missed) {
  console.log(`${file}: ${total - covered} of ${total} (${linesOf(places[absolute])})`)
}

const incomplete = missed
  .filter(({ file }) => whole.some((path) => file.startsWith(path)))
  .map(({ file }) => file)
const sum = (member) => counted.reduce((sofar, one) => sofar + one[member], 0)
const [covered, all] = [sum('covered'), sum('total')]
const percent = Math.floor((covered / all) * 10_000) / 100
console.log(`${covered} of ${all} branches are taken: ${percent} %, at least ${LEAST} % are to be.`)
if (incomplete.length > 0) console.log(`Every branch is to be taken in ${incomplete.join(', ')}.`)
const passed = status === 0 && percent >= LEAST && incomplete.length === 0
const evidence = {
  name: 'branch coverage',
  branches: all,
  covered,
  percent,
  incomplete,
  passed,
  date: new Date().toISOString(),
}
console.log(`evidence: ${JSON.stringify(evidence)}`)
process.exitCode = passed ? 0 : 1

/** The lines of the branches that no suite takes. */
function linesOf({ b, branchMap }) {
  const lines = Object.entries(b).flatMap(([id, ways]) =>
    ways.flatMap((count, way) => (count === 0 ? [branchMap[id].locations[way].start.line] : [])),
  )
  return `line ${[...new Set(lines)].join(', ')}`
}

/** Such a file never runs, and would count as one branch that is not taken. */
function holdsTypesOnly(file) {
  const { ESNext } = ts.ScriptTarget
  const compilerOptions = { target: ESNext, module: ESNext, removeComments: true }
  const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions })
  return /^\s*(?:export \{\};)?\s*$/.test(outputText)
}
