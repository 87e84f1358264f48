import { JwtAuthConfigError } from '@nest-jwt-auth/core'
import { Logger } from '@nestjs/common'
import type { RedisCommands, RedisNode } from './redis-client.js'
import { textOf } from './replies.js'

/**
 * Sessions must not be evicted: with any `maxmemory-policy` except noeviction, Redis drops records when memory is short,
 * revocations among them. An error under `NODE_ENV=production`, else a warning.
 */
export async function checkServers(commands: RedisCommands): Promise<void> {
  const policies = await Promise.all((await commands.primaries()).map(policyOf))
  const wrong = policies.find((policy) => policy !== undefined && policy !== 'noeviction')
  if (wrong !== undefined) report(wrong)
  if (policies.includes(undefined)) {
    new Logger('JwtAuth').warn(
      'sessionStore: Redis allows neither CONFIG GET nor INFO, so its maxmemory-policy is unknown. Make sure that it is noeviction.',
    )
  }
}

function report(policy: string): void {
  const problem = {
    path: 'sessionStore',
    problem: `Redis has the maxmemory-policy ${policy}, so it drops sessions and revocations when memory is short`,
    fix: 'Set it to noeviction. If other data needs eviction, use a separate Redis for sessions',
  }
  if (process.env['NODE_ENV'] === 'production') throw new JwtAuthConfigError([problem])
  new Logger('JwtAuth').warn(
    `${problem.path}: ${problem.problem}. ${problem.fix}. In production this is an error.`,
  )
}

/** `undefined` if the server does not tell. */
async function policyOf(node: RedisNode): Promise<string | undefined> {
  const config = await unlessForbidden(node.sendCommand(['CONFIG', 'GET', 'maxmemory-policy']))
  if (config !== undefined) return wordsOf(config)[1]
  const info = await unlessForbidden(node.sendCommand(['INFO', 'memory']))
  return /^maxmemory_policy:(\S+)/m.exec(textOf(info) ?? '')?.[1]
}

/** Hosted servers often forbid or rename CONFIG. */
async function unlessForbidden(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|ERR)/.test(error.message)) return undefined
    throw error
  }
}

/** The words of a map, which clients return as a list, a Map or an object. */
function wordsOf(reply: unknown): readonly (string | undefined)[] {
  if (Array.isArray(reply)) return reply.flat().map(textOf)
  return [...(reply instanceof Map ? reply : Object.entries(reply ?? {}))].flat().map(textOf)
}
