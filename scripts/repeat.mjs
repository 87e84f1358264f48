import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'

/**
 * `npm run repeat [-- RUNS BUSY]`: runs all tests RUNS times in a row (20), then BUSY times (3) while each CPU is kept busy by
 * another process too. Stops at the first run that fails. All that takes hours, so each run is recorded, and the next call
 * goes on behind the last one. A run that fails ends the row: its record is removed.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const record = join(root, 'test/evidence/repeat.json')
const [quiet = 20, busy = 3] = process.argv.slice(2).map(Number)
const runs = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : []

/** Of the runs that were quiet, or of those that were not. */
const those = (isBusy) => runs.filter((run) => run.isBusy === isBusy)
const hasFailed = () => runs.some(({ passed, failed }) => passed === 0 || failed > 0)

for (const [isBusy, wanted] of [
  [false, quiet],
  [true, busy],
]) {
  while (those(isBusy).length < wanted && !hasFailed()) {
    const run = { isBusy, ...oneRun(isBusy) }
    console.log(JSON.stringify(run))
    runs.push(run)
    if (hasFailed()) rmSync(record, { force: true })
    else writeFileSync(record, await format(JSON.stringify(runs), { parser: 'json', printWidth: 110 }))
  }
}

const summary = (all) => {
  const seconds = all.map((run) => run.seconds).toSorted((a, b) => a - b)
  return { runs: all.length, fastest: seconds[0], slowest: seconds.at(-1) }
}
const evidence = {
  name: 'all tests, again and again',
  tests: runs[0]?.passed,
  quiet: summary(those(false)),
  busy: summary(those(true)),
  failed: runs.reduce((sum, run) => sum + run.failed, 0),
  commits: [...new Set(runs.map(({ commit }) => commit))],
}
console.log(`evidence: ${JSON.stringify(evidence)}`)
process.exitCode = hasFailed() ? 1 : 0

function oneRun(isBusy) {
  const start = Date.now()
  const others = Array.from({ length: isBusy ? availableParallelism() : 0 }, keepBusy)
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'test:jest'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for (const other of others) other.kill()
  const [, passed = 0, failed = 1] = /^(\d+) passed, (\d+) failed/m.exec(stdout) ?? []
  const seconds = Math.round((Date.now() - start) / 1000)
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  }).stdout.trim()
  return { passed: Number(passed), failed: Math.max(Number(failed), status === 0 ? 0 : 1), seconds, commit }
}

/** Ends with this process too. */
function keepBusy() {
  const work = 'const parent = process.ppid; while (process.ppid === parent) for (let i = 0; i < 1e6; i++);'
  return spawn(process.execPath, ['--eval', work], { stdio: 'ignore' })
}
