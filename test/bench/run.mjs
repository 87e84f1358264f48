import { hostile } from './hostile.mjs'
import { issuers } from './issuers.mjs'
import { redisSessions } from './redis-sessions.mjs'
import { requests } from './requests.mjs'
import { sessions } from './sessions.mjs'
import { sockets } from './sockets.mjs'
import { startUp } from './start-up.mjs'
import { tokens } from './tokens.mjs'

/** `npm run bench` runs all parts, `npm run bench -- tokens` the named ones. ROUNDS: how many (default 5). */
const parts = {
  tokens,
  issuers,
  requests,
  hostile,
  'start-up': startUp,
  sessions,
  'redis-sessions': redisSessions,
  sockets,
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !(name in parts))
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}. There are: ${Object.keys(parts).join(', ')}`)
  process.exit(1)
}
const rounds = Number(process.env.ROUNDS ?? 5)

const columns = {
  value: ['CPU µs', (value) => value.toFixed(value < 10 ? 2 : 1)],
  ratio: ['× yardstick', (ratio) => ratio.toFixed(2)],
  perSecond: ['per second', (count) => Math.round(count).toLocaleString('en')],
  share: ['share', (share) => share.toFixed(2)],
  cpuShare: ['share by CPU', (share) => share.toFixed(2)],
  cpu: ['CPU µs', (cpu) => cpu.toFixed(1)],
  added: ['added µs', (added) => added.toFixed(1)],
  startUp: ['CPU ms', (cpu) => cpu.toFixed(0)],
  startUpAdded: ['added ms', (added) => added.toFixed(0)],
  heap: ['heap MB', (heap) => heap.toFixed(1)],
  loopDelay: ['loop p99 ms', (delay) => delay.toFixed(1)],
  latency: ['request p99 ms', (latency) => latency.toFixed(1)],
  heapEach: ['heap KB each', (size) => size.toFixed(1)],
  residentEach: ['resident KB', (size) => size.toFixed(1)],
  timers: ['more timers', String],
  fetches: ['fetches', String],
  lookUps: ['look-ups', (count) => count.toLocaleString('en')],
  memory: ['resident MB', (memory) => memory.toFixed(0)],
}

/** What is told of a table to `npm run evidence`: the first of these that it has, ratios before all. */
const told = ['ratio', 'share', 'added', 'startUpAdded', 'latency', 'heapEach', 'perSecond', 'memory']
const evidence = {}

/** A table: a line for each contender, a column for each thing that was measured. */
function print(title, rows) {
  const used = Object.keys(columns).filter((column) => rows.some((row) => row[column] !== undefined))
  console.log(`\n${title.padEnd(52)}${used.map((column) => columns[column][0].padStart(14)).join('')}`)
  for (const row of rows) {
    const cells = used.map((column) => (row[column] === undefined ? '' : columns[column][1](row[column])))
    console.log(`  ${row.name.padEnd(50)}${cells.map((cell) => cell.padStart(14)).join('')}`)
  }
  const column = told.find((one) => used.includes(one))
  const [label, textOf] = columns[column]
  evidence[`${title}, ${label}`] = Object.fromEntries(rows.map((row) => [row.name, textOf(row[column])]))
}

for (const name of named.length > 0 ? named : Object.keys(parts)) await parts[name]({ rounds, print })
console.log(`\nevidence: ${JSON.stringify(evidence)}`)
process.exit(0)
