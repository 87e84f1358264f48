import type { StoreReport } from '@nest-jwt-auth/core'
import type { RedisCommands, RedisNode } from './redis-client.js'
import { textOf, textsOf } from './replies.js'
import { policyOf, unlessForbidden, wordsOf } from './server-check.js'

/** What all primaries together are like: one that evicts, or that is not persistent, is enough. */
export async function report(commands: RedisCommands): Promise<StoreReport> {
  const nodes = await commands.primaries()
  const [policies, persistence, times] = await Promise.all([
    Promise.all(nodes.map(policyOf)),
    Promise.all(nodes.map(isPersistent)),
    Promise.all(nodes.map(timeOf)),
  ])
  return {
    system: 'Redis',
    time: times.find((time) => time !== undefined),
    evicts: some(policies.map((policy) => (policy === undefined ? undefined : policy !== 'noeviction'))),
    isDurable: every(persistence),
  }
}

/** Whether a server writes each change to its append-only file; `undefined` if it does not say. */
async function isPersistent(node: RedisNode): Promise<boolean | undefined> {
  const config = await unlessForbidden(node.sendCommand(['CONFIG', 'GET', 'appendonly']))
  if (config !== undefined) return wordsOf(config)[1] === 'yes'
  const info = textOf(await unlessForbidden(node.sendCommand(['INFO', 'persistence'])))
  const found = /^aof_enabled:(\d)/m.exec(info ?? '')?.[1]
  return found === undefined ? undefined : found === '1'
}

async function timeOf(node: RedisNode): Promise<number | undefined> {
  const reply = await unlessForbidden(node.sendCommand(['TIME']))
  if (reply === undefined) return undefined
  const [seconds, microseconds] = textsOf(reply)
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

function some(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.includes(true)) return true
  return values.includes(undefined) ? undefined : false
}

function every(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.includes(false)) return false
  return values.includes(undefined) ? undefined : true
}
