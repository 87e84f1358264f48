import { createHash } from 'node:crypto'

/** Subjects that can stand in a key as they are: no brace, which would end a hash tag, and nothing that UTF-8 changes. */
const PLAIN = /^[\w.@:+|/-]{1,64}$/

/** The subject as it stands in keys: as it is, or its digest. No two subjects share one. */
export function subjectKey(subject: string): string {
  if (PLAIN.test(subject)) return subject
  // UTF-16, because UTF-8 has one replacement for all lone surrogates.
  return `=${createHash('sha256').update(subject, 'utf16le').digest('base64url')}`
}

/** The subject of such a key part; `undefined` for a digest. */
export function subjectOf(key: string): string | undefined {
  return PLAIN.test(key) ? key : undefined
}
