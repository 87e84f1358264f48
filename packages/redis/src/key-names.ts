import { createHash } from 'node:crypto'

/** Subjects that are good in a key as they are: no brace, which would end a hash tag, and nothing that UTF-8 changes. */
const PLAIN = /^[\w.@:+|/-]{1,64}$/

/**
 * Under which keys records are found. All that a subject has is one hash, so it is in one slot of a cluster, and every
 * operation is on one key. The second kind of key leads from a session's id to its subject, where nobody knows it.
 */
export class KeyNames {
  constructor(private readonly prefix: string) {}

  ofSubject(name: string): string {
    return `${this.prefix}{${name}}`
  }

  ownerOf(sessionId: string): string {
    return `${this.prefix}of:${sessionId}`
  }

  /** The subject's name in a key; `undefined` where the key is none of ours, or it can not be told. */
  subjectIn(key: string): string | undefined {
    const name = key.slice(this.prefix.length + 1, -1)
    return key === this.ofSubject(name) && PLAIN.test(name) ? name : undefined
  }

  isOurs(key: string): boolean {
    return key.startsWith(`${this.prefix}{`)
  }
}

/** The subject as it stands in keys: as it is, or its digest where that is no plain text. Two never share one. */
export function nameOf(subject: string): string {
  if (PLAIN.test(subject)) return subject
  // UTF-16, because UTF-8 has one replacement for all lone surrogates.
  return `=${createHash('sha256').update(subject, 'utf16le').digest('base64url')}`
}

/** Names of a hash's fields. */
export const FIELDS = {
  session: (id: string) => `s:${id}`,
  revoked: (jti: string) => `r:${jti}`,
  oneTime: (jti: string) => `o:${jti}`,
  generation: 'g',
} as const
