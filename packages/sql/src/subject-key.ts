import { hash } from 'node:crypto'

/** Subjects are found by this digest, so no collation, padding or encoding can confuse two of them. */
export function subjectKey(subject: string): string {
  return hash('sha256', Buffer.from(subject, 'utf16le'), 'base64url')
}
