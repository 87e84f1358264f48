import type { RotateInput, RotateResult } from '@nest-jwt-auth/core'
import { FIELDS } from './key-names.js'
import { LateWork } from './late-work.js'
import type { Owners } from './owners.js'
import { readToken, writeMoving } from './records.js'
import { textOf } from './replies.js'
import { ROTATE } from './scripts.js'
import type { SubjectHashes } from './subject-hashes.js'

/**
 * Uses of refresh tokens. What a Redis that hung comes to long after is not done: its answer reaches nobody, and the
 * token that the client still has would be taken for a stolen one.
 */
export class Rotations {
  private readonly lateWork = new LateWork()

  constructor(
    private readonly hashes: SubjectHashes,
    private readonly owners: Owners,
  ) {}

  async rotate(rotation: RotateInput): Promise<RotateResult> {
    const { now } = rotation
    const latest = performance.now() + Math.max(rotation.reuseGrace / 2, rotation.patience)
    let ownerUntil: number | undefined
    for (let left = 3; left > 0; left--) {
      const [kind, jti, iat, exp] = await this.attempt(rotation, ownerUntil, latest)
      switch (kind) {
        case 'rotated':
        case 'reused':
        case 'gone':
          return { kind }
        case 'repeated':
          return { kind, successor: readToken(jti, iat, exp) }
        case 'unowned':
          ownerUntil = this.owners.noteUntil(rotation.keepUntil, now)
          await this.owners.note(rotation.sessionId, rotation.subject, ownerUntil, now)
          break
        default:
          // Where nobody has waited for long it is Redis's clock that was set, and by now that is known.
          if (performance.now() > latest) left = 0
      }
    }
    throw new Error('Redis came to a rotation too late, and left it.')
  }

  private async attempt(
    { subject, sessionId, presented, successor, keepUntil, reuseGrace, now }: RotateInput,
    ownerUntil: number | undefined,
    latest: number,
  ): Promise<readonly string[]> {
    const reply = await this.hashes.run(ROTATE, subject, now, ownerUntil ?? keepUntil, [
      FIELDS.session(sessionId),
      presented,
      writeMoving({ keepUntil, current: successor, lastUsedAt: now }, presented, now),
      String(keepUntil),
      String(reuseGrace),
      this.lateWork.deadline(latest),
      String(ownerUntil ?? ''),
    ])
    const [kind = '', server, ...successorWords] = (textOf(reply) ?? '').split(' ')
    this.lateWork.note(Number(server))
    return [kind, ...successorWords]
  }
}
