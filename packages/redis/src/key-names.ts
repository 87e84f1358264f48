import { subjectOf } from './subject-key.js'

/**
 * The keys of the records. All records of a subject are in one hash, and so in one slot of a cluster, and every operation
 * is on one key. A second kind of key holds the subject of a session, for calls that know only the session's id.
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

  /** The subject whose records a key holds; `undefined` if the key is not one of ours, or has only a digest. */
  subjectIn(key: string): string | undefined {
    const name = key.slice(this.prefix.length + 1, -1)
    return key === this.ofSubject(name) ? subjectOf(name) : undefined
  }

  isOurs(key: string): boolean {
    return key.startsWith(`${this.prefix}{`)
  }
}

/** Names of a hash's fields. The scripts have one more, `#`, which is explained there. */
export const FIELDS = {
  session: (id: string) => `s:${id}`,
  revoked: (jti: string) => `r:${jti}`,
  oneTime: (jti: string) => `o:${jti}`,
  generation: 'g',
} as const
