import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import { readmePromises, triedForLong } from '../test/evidence/promises.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const recordPath = join(root, 'test/evidence/results.json')
export const pagePath = join(root, 'docs/evidence.md')

const read = (path) => readFileSync(join(root, path), 'utf8')

/** What the page says: `{ promise, suites }` or `{ promise, script }`, by the page that promises it. */
export function promisesByPage() {
  const threats = threatsOf(read('docs/threat-model.md'))
  const nameOf = (threat) => threats.find(({ promise }) => promise.startsWith(`${threat}: `)).promise
  return {
    'README.md': readmePromises,
    'docs/threat-model.md': [
      ...threats,
      ...triedForLong.map(({ threat, script }) => ({ promise: nameOf(threat), script })),
    ],
  }
}

/** The rows `threat | what stops it | shown by`: the last cell links the suites. */
export function threatsOf(markdown) {
  const [, section = ''] = /^## What stops them\n([^]*?)^## /m.exec(markdown) ?? []
  const rows = section.match(/^\|.*\|$/gm) ?? []
  return rows
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
    .filter(([threat]) => threat !== 'threat' && !/^-+$/.test(threat))
    .map(([threat, answer, proof]) => ({
      promise: `${threat}: ${answer}`,
      suites: [...proof.matchAll(/\]\(\.\.\/(.*?)\)/g)].map(([, path]) => path),
    }))
}

export function commandOf({ suites, script }) {
  if (script !== undefined) return `npm run ${script}`
  return `npm run test:jest -- --selectProjects=nest-12 --runTestsByPath ${suites.join(' ')}`
}

/** `records`: by suite and by script, what `npm run evidence` has seen last. */
export async function pageOf(pages, records) {
  const machines = [...new Set(Object.values(records).map(({ machine }) => machine))]
  const text = [
    '# Evidence',
    '',
    'Each promise of the README and of the threat model beside the command that proves it, and the last result of that command.',
    '',
    '```sh',
    'npm run evidence',
    '```',
    '',
    'runs all suites below and writes this page; `npm run evidence -- --only matrix fuzz` runs those of the scripts, which take long,',
    'and `npm run evidence -- --only test/guard/policies.spec.ts` one suite. "Skipped" are tests of what the machine did not have.',
    '',
    ...machines.map((machine, at) => `- Machine ${nameOf(at)}: ${machine}`),
    ...Object.entries(pages).flatMap(([page, promises]) => tableOf(page, promises, records, machines)),
    ...figuresOf(
      scriptsIn(pages).map((script) => `npm run ${script}`),
      records,
    ),
  ]
  return format(text.join('\n'), { parser: 'markdown', printWidth: 110 })
}

const nameOf = (at) => String.fromCharCode('A'.charCodeAt(0) + at)

function tableOf(page, promises, records, machines) {
  const rows = promises.map((promise) => rowOf(promise, records, machines))
  return ['', `## ${page}`, '', '| promise | last result | command |', '| --- | --- | --- |'].concat(rows)
}

function rowOf(promise, records, machines) {
  const keys = promise.script === undefined ? promise.suites : [`npm run ${promise.script}`]
  const result = resultOf(
    keys.map((key) => records[key]),
    machines,
  )
  const cells = [promise.promise, result, `\`${commandOf(promise)}\``]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function resultOf(seen, machines) {
  if (seen.includes(undefined)) return 'not run yet'
  const dates = seen.map(({ date }) => date).toSorted()
  const used = machines.filter((machine) => seen.some((record) => record.machine === machine))
  const names = used.map((machine) => nameOf(machines.indexOf(machine)))
  return `${countsOf(seen)}; ${dates[0]}, ${names.join(' and ')}`
}

/** A script need not count tests, so it may have passed or failed as a whole. */
function countsOf(seen) {
  const [{ hasPassed }] = seen
  if (hasPassed !== undefined) return hasPassed ? 'passed' : 'failed'
  const sums = ['passed', 'failed', 'skipped'].map((name) => [
    name,
    seen.reduce((sum, record) => sum + record[name], 0),
  ])
  return sums
    .filter(([name, sum]) => name === 'passed' || sum > 0)
    .map(([name, sum]) => `${sum} ${name}`)
    .join(', ')
}

function scriptsIn(pages) {
  const scripts = Object.values(pages).flatMap((promises) => promises.flatMap(({ script }) => script ?? []))
  return [...new Set(scripts)]
}

/** The figures of the scripts that have told some. */
function figuresOf(commands, records) {
  const told = commands.filter((command) => records[command]?.evidence !== undefined)
  const lines = told.map(
    (command) => `- \`${command}\`: ${textOf(without('date', records[command].evidence))}`,
  )
  return ['', '## Figures of the scripts', '', ...lines]
}

const without = (left, figures) =>
  Object.fromEntries(Object.entries(figures).filter(([name]) => name !== left))

function textOf(figure) {
  if (Array.isArray(figure)) return figure.map(textOf).join(typeof figure[0] === 'object' ? '; ' : ', ')
  if (typeof figure !== 'object' || figure === null) return String(figure)
  return Object.entries(figure)
    .map(([name, value]) => `${name} ${textOf(value)}`)
    .join(', ')
}
