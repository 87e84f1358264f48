import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * `npm run fuzz:coverage [-- TARGET …]`: fuzzes each target of test/fuzz for FUZZ_SECONDS (60), or with FUZZ_INPUTS
 * inputs if it has done those before, two targets at a time, steered by which statements and branches an input reaches. They are counted by istanbul, which jest brings along.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const seconds = Number(process.env.FUZZ_SECONDS ?? 60)
const folder = join(root, 'test/fuzz')
const wanted = process.argv.slice(2)
const suites = readdirSync(folder)
  .filter((file) => file.endsWith('.spec.ts'))
  .filter((file) => wanted.length === 0 || wanted.includes(file.replace('.spec.ts', '')))
  .map((file) => join('test/fuzz', file))
if (suites.length === 0) throw new Error(`There is no such target: ${wanted.join(', ')}`)

const reports = mkdtempSync(join(tmpdir(), 'fuzz-'))
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  `--maxWorkers=${Math.min(2, availableParallelism())}`,
  '--selectProjects=nest-12',
  '--coverage',
  '--coverageProvider=babel',
  '--collectCoverageFrom=packages/core/src/**/*.ts',
  '--collectCoverageFrom=!**/testing/**',
  '--coverageReporters=none',
  '--runTestsByPath',
]
const { status } = spawnSync(process.execPath, [...jest, ...suites], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FUZZ_SECONDS: String(seconds), FUZZ_REPORTS: reports },
})
const results = readdirSync(reports)
  .toSorted()
  .map((file) => JSON.parse(readFileSync(join(reports, file), 'utf8')))
rmSync(reports, { recursive: true })
for (const { target, tries, before, places, costliest } of results) {
  const share = Math.round(costliest * 100)
  console.log(
    `${target}: ${tries} inputs, ${before} places by the corpus, ${places} in all, ${share} % of the work allowed`,
  )
}
const evidence = {
  name: 'fuzzing by coverage',
  secondsEach: seconds,
  targets: results.map(({ target, tries, places }) => ({ target, tries, places })),
  passed: status === 0,
  date: new Date().toISOString(),
}
console.log(`evidence: ${JSON.stringify(evidence)}`)
process.exitCode = status ?? 1
