import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instrument } from '../test/mutation/instrument.mjs'
import { last, leftOut, parts } from '../test/mutation/plan.mjs'
import { WorkerProcess } from '../test/mutation/worker-process.mjs'

/**
 * `npm run mutate [-- PART …]`: changes one expression of a file at a time and runs the suites that reach it. A change that
 * no suite notices is a survivor; one that test/mutation/survivors.json does not explain fails the run. PART is a folder or
 * a file (`request/csrf`). `-- --changed`: only lines changed since MUTATE_BASE (`main`, or the commit before).
 * `-- --continue`: what an earlier run has killed, and suites that did not notice a mutant, are not tried again, although they
 * may have changed since.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const source = 'packages/core/src'
const args = process.argv.slice(2)
const wanted = args.filter((arg) => !arg.startsWith('--'))

/** What became of each mutant so far, so that a run that is cut off is not lost. */
const record = join(root, 'coverage/mutation.json')

const progress = (text) =>
  process.stderr.isTTY || process.env.MUTATE_DEBUG ? console.error(text) : undefined
const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()
const list = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name))
    .toSorted()

/** A checkout of one commit may have no branch `main`. */
function usualBase() {
  const main = git('for-each-ref', '--format=%(objectname)', 'refs/heads/main')
  const here = git('rev-parse', 'HEAD')
  return main === '' || main === here ? 'HEAD~1' : git('merge-base', 'main', 'HEAD')
}

/** The lines that differ, as `[first, last]` by file. */
function changedLines() {
  const base = process.env.MUTATE_BASE ?? usualBase()
  const byFile = new Map()
  let ranges
  for (const line of git('diff', '--unified=0', '--no-prefix', base).split('\n')) {
    const [, file] = /^\+\+\+ (.*)$/.exec(line) ?? []
    if (file !== undefined) byFile.set(file, (ranges = []))
    const [, first, count = '1'] = /^@@ .* \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (first !== undefined) ranges.push([Number(first), Number(first) + Number(count) - 1])
  }
  return byFile
}

const changed = args.includes('--changed') ? changedLines() : undefined

const isMeant = ({ file, place }) =>
  changed?.get(file).some(([first, last]) => first <= place && place <= last) ?? true

const isIn = (file, part) => file === join(source, `${part}.ts`) || file.startsWith(join(source, part, '/'))

const filesOf = (part) =>
  list(source)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('index.ts') && isIn(file, part))
    .filter((file) => wanted.length === 0 || wanted.some((one) => isIn(file, one)))
    .filter((file) => changed?.has(file) ?? true)

const partOf = (file) => Object.keys(parts).find((part) => isIn(file, part))

const suitesByPart = {}
const suitesOf = (part) =>
  (suitesByPart[part] ??= parts[part]
    .flatMap((name) =>
      existsSync(join(root, 'test', name)) ? list(join('test', name)) : `test/${name}.spec.ts`,
    )
    .filter((name) => name.endsWith('.spec.ts') && !leftOut.some((pattern) => pattern.test(name))))

/** Tests that fail without any mutant, and suites that do not load: they say nothing. */
const redAnyway = []

/**
 * Tries each mutant of the files on the suites of its part. `outcome` is `killed`, `timeout` or `survived`; `tried` names the
 * suites that did not notice it, `loadedBy` those that reach it only once, mostly while they load.
 */
async function tryAll(files, suites) {
  const sandbox = mkdtempSync(join(tmpdir(), 'mutation-'))
  const found = (await instrument(root, files, sandbox)).filter(isMeant)
  const earlier = byText(readRecord())
  const known = (key) => (args.includes('--continue') ? earlier.get(key) : undefined)
  const mutants = [...byText(found)].map(([key, mutant]) =>
    Object.assign({ outcome: 'not reached', tried: [], loadedBy: [] }, known(key), mutant),
  )
  const byId = new Map(mutants.map((mutant) => [mutant.id, mutant]))
  const others = [...earlier.values()].filter(({ file }) => !files.includes(file))
  const workers = Array.from(
    { length: Number(process.env.MUTATE_WORKERS ?? 3) },
    () => new WorkerProcess(root, sandbox),
  )
  const alive = () => mutants.filter(({ outcome }) => !isKilled(outcome))
  const note = () =>
    // Some lines of a file say nothing of the others.
    changed ?? writeFileSync(record, JSON.stringify([...mutants, ...others], undefined, 2))
  let noted = Date.now()
  const noteNowAndThen = () => {
    if (Date.now() - noted < 10_000) return
    noted = Date.now()
    note()
  }

  const tryOnSuite =
    ({ suite, share }) =>
    async (worker) => {
      const meant = alive().filter(
        ({ id, file, tried }) =>
          (share === undefined || Number(id) % SHARES === share) &&
          suitesOf(partOf(file)).includes(suite) &&
          !tried.includes(suite),
      )
      if (meant.length === 0) return
      progress(`${suite}: ${meant.length} mutants`)
      let isLoaded = false
      await worker.tryInPlace(
        suite,
        meant.map(({ id }) => id),
        (message) => {
          isLoaded ||= message.red !== undefined
          // A file also has mutants that are not meant.
          for (const id of message.loaded ?? []) byId.get(id)?.loadedBy.push(suite)
          for (const id of message.reached ?? []) noteReached(byId.get(id))
          for (const failure of message.red ?? []) redAnyway.push(`${suite} › ${failure}`)
          for (const failure of message.unrepeatable ?? [])
            progress(`${suite} cannot be repeated: ${failure}`)
          if (!message.isKilled) return
          byId.get(message.ended).outcome = message.byTime ? 'timeout' : 'killed'
          for (const other of workers) other.tell({ killed: message.ended })
          noteNowAndThen()
        },
      )
      if (!isLoaded) redAnyway.push(`${suite} does not load`)
      for (const mutant of meant) mutant.tried.push(suite)
      note()
      progress(`${suite}: ${alive().length} of ${mutants.length} mutants are alive`)
    }
  const tryLoaded = (mutant) => async (worker) => {
    mutant.outcome = 'survived'
    for (const suite of suitesOf(partOf(mutant.file))) {
      if (!mutant.loadedBy.includes(suite)) continue
      if (await worker.tryAlone(suite, mutant.id)) {
        mutant.outcome = 'killed'
        break
      }
    }
    note()
  }
  try {
    await shareOut(suites.flatMap(piecesOf).map(tryOnSuite), workers)
    // What runs while a suite is loaded cannot be changed afterwards. What is explained would only take long.
    const loaded = alive().filter((mutant) => mutant.loadedBy.length > 0 && !isExplained(mutant))
    progress(`${loaded.length} mutants are to be loaded with each suite`)
    await shareOut(loaded.map(tryLoaded), workers)
  } finally {
    for (const worker of workers) worker.stop()
    rmSync(sandbox, { recursive: true })
  }
  note()
  return mutants
}

function noteReached(mutant) {
  if (mutant?.outcome === 'not reached') mutant.outcome = 'survived'
}

function readRecord() {
  return existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : []
}

/** Each mutant by its text and, where texts are the same, by their order, because line numbers change with every edit. */
function byText(mutants) {
  const found = new Map()
  const counts = new Map()
  for (const mutant of mutants) {
    const { file, column, line, original, mutated } = mutant
    const text = JSON.stringify([file, column, line, original, mutated])
    counts.set(text, (counts.get(text) ?? 0) + 1)
    found.set(`${text} ${counts.get(text)}`, mutant)
  }
  return found
}

/** How many workers can try a suite that waits for long, each with a share of the mutants. */
const SHARES = 4

const isLast = (suite) => last.some((pattern) => pattern.test(suite))

const piecesOf = (suite) =>
  isLast(suite) ? Array.from({ length: SHARES }, (_, share) => ({ suite, share })) : [{ suite }]

/** Each worker takes the next piece of work when it has done one. */
async function shareOut(pieces, workers) {
  const waiting = [...pieces]
  const work = async (worker) => {
    for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) await piece(worker)
  }
  await Promise.all(workers.map(work))
}

const isKilled = (outcome) => outcome === 'killed' || outcome === 'timeout'

function scoreOf(results) {
  const killed = results.filter(({ outcome }) => isKilled(outcome)).length
  return { killed, total: results.length, score: Math.round((killed / results.length) * 1000) / 10 }
}

const explained = JSON.parse(readFileSync(join(root, 'test/mutation/survivors.json'), 'utf8'))
/** What an entry does not name may be anything. */
const isExplained = (mutant) =>
  explained.some((entry) =>
    ['file', 'line', 'original', 'mutated'].every(
      (member) => (entry[member] ?? mutant[member]) === mutant[member],
    ),
  )

const meant = Object.keys(parts).filter((part) => filesOf(part).length > 0)
const suites = [...new Set(meant.flatMap(suitesOf))].toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)))
mkdirSync(join(root, 'coverage'), { recursive: true })
const results = await tryAll(meant.flatMap(filesOf), suites)
if (results.length === 0) {
  console.log('No mutant: nothing that is mutated has changed.')
  process.exit()
}

const unexplained = results.filter((one) => !isKilled(one.outcome) && !isExplained(one))
for (const { file, place, line, original, mutated, outcome } of unexplained)
  console.log(`${outcome}: ${file}:${place}\n  in:  ${line}\n  was: ${original}\n  now: ${mutated}`)

for (const failure of redAnyway) console.log(`fails as it is: ${failure}`)
const scores = {}
for (const part of meant) {
  const { killed, total, score } = scoreOf(results.filter(({ file }) => isIn(file, part)))
  console.log(`${part}: ${killed} of ${total} mutants killed, ${score} %`)
  scores[part] = score
}
const evidence = {
  name: 'mutation',
  whole: wanted.length === 0 && changed === undefined,
  ...scoreOf(results),
  unexplained: unexplained.length,
  parts: scores,
}
console.log(`evidence: ${JSON.stringify({ ...evidence, date: new Date().toISOString() })}`)
process.exitCode = unexplained.length === 0 && redAnyway.length === 0 ? 0 : 1
