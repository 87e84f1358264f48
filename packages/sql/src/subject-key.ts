import { createHash } from 'node:crypto'

/** Subjects are found by this digest, so no collation, padding or encoding can confuse two of them. */
export function subjectKey(subject: string): string {
  return createHash('sha256').update(subject, 'utf16le').digest('base64url')
}
