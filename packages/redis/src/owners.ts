import type { KeyNames } from './key-names.js'
import type { PrimaryCheck } from './primary-check.js'
import { textOf } from './replies.js'
import { subjectKey } from './subject-key.js'

/**
 * Which subject a session belongs to, for calls that know only its id. It is noted before anybody can know the session,
 * for longer than the session lives without a rotation; each rotation checks that the note lasts long enough.
 */
export class Owners {
  constructor(
    private readonly primary: PrimaryCheck,
    private readonly names: KeyNames,
  ) {}

  /** Until when a note that is written now is kept: a tenth longer than needed, so that few rotations need another. */
  noteUntil(keepUntil: number, now: number): number {
    return Math.ceil(keepUntil + Math.max(0, keepUntil - now) / 10)
  }

  async note(sessionId: string, subject: string, until: number, now: number): Promise<void> {
    const key = this.names.ownerOf(sessionId)
    if (until > now)
      await this.primary.send(key, ['SET', key, subjectKey(subject), 'PX', String(Math.ceil(until - now))])
  }

  /** The subject as it stands in keys; `undefined` if no such session is known. */
  async find(sessionId: string): Promise<string | undefined> {
    const key = this.names.ownerOf(sessionId)
    return textOf(await this.primary.send(key, ['GET', key]))
  }

  /** Not awaited, because it only saves space. */
  forget(sessionId: string): void {
    const key = this.names.ownerOf(sessionId)
    this.primary.send(key, ['DEL', key]).catch(() => undefined)
  }
}
