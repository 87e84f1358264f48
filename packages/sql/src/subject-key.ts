import { createHash } from 'node:crypto'

/** Subjects are found by this digest: no collation, padding or encoding takes one for another. */
export function subjectKey(subject: string): string {
  return createHash('sha256').update(subject, 'utf16le').digest('base64url')
}
