import type { RedisCommands } from './redis-client.js'
import { textOf } from './replies.js'

/** Milliseconds. */
const TRUSTED_FOR = 1000

/**
 * Makes sure that answers come from a primary. A primary that becomes a replica goes on answering reads, and scripts that
 * find nothing to write, and its data may be old; so once a second a command is sent together with the `ROLE` command, in
 * the same round trip.
 */
export class PrimaryCheck implements Pick<RedisCommands, 'send'> {
  private trustedUntil = 0

  constructor(private readonly commands: RedisCommands) {}

  send(key: string, args: string[]): Promise<unknown> {
    const isTrusted = this.commands.followsPrimaries || performance.now() < this.trustedUntil
    return isTrusted ? this.commands.send(key, args) : this.sendAndAsk(key, args)
  }

  private async sendAndAsk(key: string, args: string[]): Promise<unknown> {
    const asked = performance.now()
    const [role, reply] = await Promise.all([this.role(key), this.commands.send(key, args)])
    if (role === 'slave') throw new Error('READONLY This Redis is a replica, and may be behind.')
    this.trustedUntil = asked + TRUSTED_FOR
    return reply
  }

  /** `undefined` if the server forbids the command. */
  private async role(key: string): Promise<string | undefined> {
    try {
      const reply = await this.commands.send(key, ['ROLE'])
      return textOf(Array.isArray(reply) ? reply[0] : undefined)
    } catch (error) {
      if (error instanceof Error && /^(NOPERM|ERR)/.test(error.message)) return undefined
      throw error
    }
  }
}
