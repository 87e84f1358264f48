import type { KeyNames } from './key-names.js'
import type { RedisCommands } from './redis-client.js'
import { textOf } from './replies.js'
import { subjectKey } from './subject-key.js'

/**
 * Whose a session is, for who knows no more than its id. It is noted before a session can be known to anybody, and
 * for longer than the session can live without a rotation that looks at it again.
 */
export class Owners {
  constructor(
    private readonly commands: RedisCommands,
    private readonly names: KeyNames,
  ) {}

  /** Until when a note is kept that is written now: somewhat longer, so that few rotations need another. */
  noteUntil(keepUntil: number, now: number): number {
    return Math.ceil(keepUntil + Math.max(0, keepUntil - now) / 10)
  }

  async note(sessionId: string, subject: string, until: number, now: number): Promise<void> {
    const key = this.names.ownerOf(sessionId)
    if (until > now)
      await this.commands.send(key, ['SET', key, subjectKey(subject), 'PX', String(Math.ceil(until - now))])
  }

  /** The name of the subject, as it stands in keys. */
  async find(sessionId: string): Promise<string | undefined> {
    const key = this.names.ownerOf(sessionId)
    return textOf(await this.commands.send(key, ['GET', key]))
  }

  /** Only for space, so nobody waits for it. */
  forget(sessionId: string): void {
    const key = this.names.ownerOf(sessionId)
    this.commands.send(key, ['DEL', key]).catch(() => undefined)
  }
}
