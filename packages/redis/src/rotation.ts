import type { RotateInput, RotateResult } from '@nest-jwt-auth/core'
import { FIELDS } from './key-names.js'
import type { Owners } from './owners.js'
import { readToken } from './session-record.js'
import { textOf } from './replies.js'
import { ROTATE } from './scripts.js'
import type { SubjectHashes } from './subject-hashes.js'

/** Whose clock sets `rotatedAt`, from which `reuseGrace` is measured: that of Redis, or the app's `Clock`. */
export type GraceClock = 'own' | 'given'

/** Uses refresh tokens. If Redis hangs and runs the script only after the deadline, the script changes nothing. */
export class Rotations {
  constructor(
    private readonly hashes: SubjectHashes,
    private readonly owners: Owners,
    private readonly clock: GraceClock,
  ) {}

  async rotate(input: RotateInput): Promise<RotateResult> {
    const reply = await this.attempt(input)
    if (reply !== 'unowned') return resultOf(reply)
    const { sessionId, subject, keepUntil, now } = input
    const ownerUntil = this.owners.noteUntil(keepUntil, now)
    await this.owners.note(sessionId, subject, ownerUntil, now)
    return resultOf(await this.attempt(input, ownerUntil))
  }

  /** `ownerUntil`: until when the session's owner is noted, if it was noted just now. */
  private async attempt(input: RotateInput, ownerUntil?: number): Promise<string> {
    const { subject, sessionId, presented, successor, keepUntil, mayRepeat, deadline, data, now } = input
    const { jti, iat, exp } = successor
    const reply = await this.hashes.run(ROTATE, subject, now, ownerUntil ?? keepUntil, [
      FIELDS.session(sessionId),
      presented,
      `${keepUntil} ${jti} ${iat} ${exp} ${presented}`,
      String(keepUntil),
      mayRepeat ? '1' : '',
      this.clock === 'own' ? '' : String(now),
      deadline === undefined ? '' : String(deadline),
      String(ownerUntil ?? ''),
      data?.to ?? '',
      data?.from ?? '',
    ])
    return String(textOf(reply))
  }
}

function resultOf(reply: string): RotateResult {
  const [kind, jti, iat, exp] = reply.split(' ')
  switch (kind) {
    case 'rotated':
    case 'reused':
    case 'gone':
      return { kind }
    case 'repeated':
      return { kind, successor: readToken(jti, iat, exp) }
    case 'changed':
      return { kind, data: reply.slice('changed '.length) }
    case 'late':
      throw new Error('Redis received a rotation after its deadline, so the rotation was not done.')
    default:
      throw new TypeError('Redis answered a rotation with a reply that is not known.')
  }
}
