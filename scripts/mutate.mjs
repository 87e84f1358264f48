import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instrument } from '../test/mutation/instrument.mjs'
import { leftOut, parts } from '../test/mutation/plan.mjs'
import { Worker } from '../test/mutation/run-mutant.mjs'

/**
 * `npm run mutate [-- PART …]`: changes one expression of a file at a time and runs the suites that reach it. A change that
 * no suite notices is a survivor; one that test/mutation/survivors.json does not explain fails the run. PART is a folder or
 * a file (`request/csrf`). `-- --changed`: only files changed since MUTATE_BASE (`main`, or the commit before).
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const source = 'packages/core/src'
const args = process.argv.slice(2)
const wanted = args.filter((arg) => !arg.startsWith('--'))

const progress = (text) =>
  process.stderr.isTTY || process.env.MUTATE_DEBUG ? console.error(text) : undefined
const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()
const list = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name))
    .toSorted()

function changedFiles() {
  const onMain = git('rev-parse', 'main') === git('rev-parse', 'HEAD')
  const base = process.env.MUTATE_BASE ?? (onMain ? 'HEAD~1' : git('merge-base', 'main', 'HEAD'))
  return git('diff', '--name-only', base).split('\n')
}

const isIn = (file, part) => file === join(source, `${part}.ts`) || file.startsWith(join(source, part, '/'))

function filesOf(part) {
  const changed = args.includes('--changed') ? changedFiles() : undefined
  return list(source)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('index.ts') && isIn(file, part))
    .filter((file) => wanted.length === 0 || wanted.some((one) => isIn(file, one)))
    .filter((file) => changed?.includes(file) ?? true)
}

function suitesFor(part) {
  const all = parts[part].flatMap((name) => list(join('test', name)))
  return all.filter((name) => name.endsWith('.spec.ts') && !leftOut.some((pattern) => pattern.test(name)))
}

/** Runs all suites once, unchanged, and returns for each mutant the suites that reach it, the fastest first. */
async function coverageOf(mutants, suites, workers) {
  const waiting = [...suites]
  const ran = []
  const work = async (worker) => {
    for (let suite = waiting.pop(); suite !== undefined; suite = waiting.pop()) {
      ran.push(...(await worker.run({ suites: [suite] })))
      progress(`${ran.length} of ${suites.length} suites read`)
    }
  }
  await Promise.all(workers.map(work))
  const red = ran.filter(({ green }) => !green)
  if (red.length > 0)
    throw new Error(red.map(({ suite, failures }) => `${suite}\n${failures.join('\n')}`).join('\n'))
  const fastest = ran.toSorted((one, other) => one.ms - other.ms)
  return new Map(mutants.map(({ id }) => [id, fastest.filter(({ reached }) => reached.includes(id))]))
}

async function tryPart(part, known) {
  const files = filesOf(part)
  if (files.length === 0) return undefined
  const sandbox = mkdtempSync(join(tmpdir(), 'mutation-'))
  const mutants = await instrument(root, files, sandbox)
  const workers = Array.from(
    { length: Number(process.env.MUTATE_WORKERS ?? 2) },
    () => new Worker(root, sandbox),
  )
  try {
    const coverage = await coverageOf(mutants, suitesFor(part), workers)
    const waiting = [...mutants]
    const results = []
    const work = async (worker) => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const outcome = await worker.try(mutant, coverage.get(mutant.id))
        results.push({ ...mutant, outcome })
        progress(`${results.length} of ${mutants.length} mutants tried`)
        if (outcome === 'survived' && !known.has(keyOf(mutant))) report(mutant, coverage.get(mutant.id))
      }
    }
    await Promise.all(workers.map(work))
    return { part, results }
  } finally {
    for (const worker of workers) worker.stop()
    rmSync(sandbox, { recursive: true })
  }
}

const keyOf = ({ file, line, original, mutated }) => JSON.stringify([file, line, original, mutated])

function report({ file, place, line, original, mutated }, suites) {
  console.log(`survived: ${file}:${place} ${suites.length === 0 ? '(not reached)' : ''}`)
  console.log(`  in:  ${line}\n  was: ${original}\n  now: ${mutated}`)
}

function scoreOf(results) {
  const killed = results.filter(({ outcome }) => outcome !== 'survived').length
  return { killed, total: results.length, score: Math.round((killed / results.length) * 1000) / 10 }
}

const explained = JSON.parse(readFileSync(join(root, 'test/mutation/survivors.json'), 'utf8'))
const known = new Set(explained.map(keyOf))
const tried = []
for (const part of Object.keys(parts)) {
  const result = await tryPart(part, known)
  if (result === undefined) continue
  tried.push(result)
  const { killed, total, score } = scoreOf(result.results)
  console.log(`${part}: ${killed} of ${total} mutants killed, ${score} %`)
}
const results = tried.flatMap(({ results }) => results)
if (results.length === 0) console.log('No mutant: no file of these folders is meant or has changed.')
else {
  mkdirSync(join(root, 'coverage'), { recursive: true })
  writeFileSync(join(root, 'coverage/mutation.json'), JSON.stringify(results, undefined, 2))
  const unexplained = results.filter((one) => one.outcome === 'survived' && !known.has(keyOf(one)))
  const byPart = Object.fromEntries(tried.map(({ part, results }) => [part, scoreOf(results).score]))
  const whole = wanted.length === 0 && !args.includes('--changed')
  const evidence = {
    name: 'mutation',
    whole,
    ...scoreOf(results),
    unexplained: unexplained.length,
    parts: byPart,
  }
  console.log(`evidence: ${JSON.stringify({ ...evidence, date: new Date().toISOString() })}`)
  process.exitCode = unexplained.length === 0 ? 0 : 1
}
