import { createHash } from 'node:crypto'
import type { RedisCommands } from './redis-client.js'

/** A Lua script, called by its digest, and sent in full when the server does not know it. */
export class Script {
  private readonly sha: string

  constructor(private readonly source: string) {
    this.sha = createHash('sha1').update(source).digest('hex')
  }

  async run(commands: Pick<RedisCommands, 'send'>, key: string, args: readonly string[]): Promise<unknown> {
    try {
      return await commands.send(key, ['EVALSHA', this.sha, '1', key, ...args])
    } catch (error) {
      // After SCRIPT FLUSH, a restart or a failover. Nothing was done, so it can be sent again.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return commands.send(key, ['EVAL', this.source, '1', key, ...args])
    }
  }
}
