import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * `npm run repeat [-- RUNS BUSY]`: runs all tests RUNS times in a row (20), then BUSY times (3) while each CPU is kept busy by
 * another process too. Stops at the first run that fails. `-- --continue`: runs of an earlier call, cut off, are counted.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const record = join(root, 'coverage/repeat.json')
const args = process.argv.slice(2)
const [quiet = 20, busy = 3] = args.filter((arg) => !arg.startsWith('--')).map(Number)
const isContinued = args.includes('--continue') && existsSync(record)
const runs = isContinued ? JSON.parse(readFileSync(record, 'utf8')) : []

/** Of the runs that were quiet, or of those that were not. */
const those = (isBusy) => runs.filter((run) => run.isBusy === isBusy)
const hasFailed = () => runs.some(({ passed, failed }) => passed === 0 || failed > 0)

mkdirSync(join(root, 'coverage'), { recursive: true })
for (const [isBusy, wanted] of [
  [false, quiet],
  [true, busy],
]) {
  while (those(isBusy).length < wanted && !hasFailed()) {
    const run = { isBusy, ...oneRun(isBusy) }
    console.log(JSON.stringify(run))
    runs.push(run)
    writeFileSync(record, JSON.stringify(runs))
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
