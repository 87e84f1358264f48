import { JwtAuthConfigError } from '@nest-jwt-auth/core'
import { Logger } from '@nestjs/common'
import type { RedisCommands, RedisNode } from './redis-client.js'
import { textOf } from './replies.js'

/** The option that the store was set with, and what it keeps. */
export interface KeptData {
  readonly path: 'sessionStore' | 'keyStore'
  readonly what: string
}

/**
 * Checks that every primary has the `maxmemory-policy` noeviction. With any other policy, Redis drops records when
 * memory is short. A wrong policy is an error if `NODE_ENV` is production, and a warning otherwise.
 */
export async function checkServers(commands: RedisCommands, kept: KeptData): Promise<void> {
  const policies = await Promise.all((await commands.primaries()).map(policyOf))
  const wrong = policies.find((policy) => policy !== undefined && policy !== 'noeviction')
  if (wrong !== undefined) report(wrong, kept)
  if (policies.includes(undefined)) {
    new Logger('JwtAuth').warn(
      `${kept.path}: Redis allows neither CONFIG GET nor INFO, so its maxmemory-policy is unknown. Make sure that it is noeviction.`,
    )
  }
}

function report(policy: string, { path, what }: KeptData): void {
  const problem = {
    path,
    problem: `Redis has the maxmemory-policy ${policy}, so it drops ${what} when memory is short`,
    fix: `Set it to noeviction. If other data needs eviction, use a separate Redis for ${path === 'keyStore' ? 'keys' : 'sessions'}`,
  }
  if (process.env['NODE_ENV'] === 'production') throw new JwtAuthConfigError([problem])
  new Logger('JwtAuth').warn(
    `${problem.path}: ${problem.problem}. ${problem.fix}. In production this is an error.`,
  )
}

/** The `maxmemory-policy` of one server; `undefined` if the server allows neither command. */
export async function policyOf(node: RedisNode): Promise<string | undefined> {
  const config = await unlessForbidden(node.sendCommand(['CONFIG', 'GET', 'maxmemory-policy']))
  if (config !== undefined) return wordsOf(config)[1]
  const info = await unlessForbidden(node.sendCommand(['INFO', 'memory']))
  return /^maxmemory_policy:(\S+)/m.exec(textOf(info) ?? '')?.[1]
}

/** Returns `undefined` if the command is forbidden or unknown: hosted servers often forbid or rename CONFIG. */
export async function unlessForbidden(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|ERR)/.test(error.message)) return undefined
    throw error
  }
}

/** The keys and values of a reply in one array. Clients return a map as an array, a Map or an object. */
export function wordsOf(reply: unknown): readonly (string | undefined)[] {
  if (Array.isArray(reply)) return reply.flat().map(textOf)
  return [...(reply instanceof Map ? reply : Object.entries(reply ?? {}))].flat().map(textOf)
}
