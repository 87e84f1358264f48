import { subjectOf } from './subject-key.js'

/**
 * Under which keys records are found. All that a subject has is one hash, so it is in one slot of a cluster, and every
 * operation is on one key. The second kind of key leads from a session's id to its subject, where only the id is known.
 */
export class KeyNames {
  constructor(private readonly prefix: string) {}

  /** `name`: what `subjectKey` makes of the subject. */
  ofSubject(name: string): string {
    return `${this.prefix}{${name}}`
  }

  ownerOf(sessionId: string): string {
    return `${this.prefix}of:${sessionId}`
  }

  /** The subject that a key is about; `undefined` where it is not one of ours, or only has a digest. */
  subjectIn(key: string): string | undefined {
    const name = key.slice(this.prefix.length + 1, -1)
    return key === this.ofSubject(name) ? subjectOf(name) : undefined
  }

  isOurs(key: string): boolean {
    return key.startsWith(`${this.prefix}{`)
  }
}

/** Names of a hash's fields. */
export const FIELDS = {
  session: (id: string) => `s:${id}`,
  revoked: (jti: string) => `r:${jti}`,
  oneTime: (jti: string) => `o:${jti}`,
  generation: 'g',
} as const
