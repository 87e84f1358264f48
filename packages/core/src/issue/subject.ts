import { JwtAuthUsageError } from '../errors/usage.error.js'

/** Finds the subject of an identity. */
export type SubjectOf = (identity: unknown) => string

/** The default: text as it is, a number as text, an object's `id`. */
export function defaultSubject(identity: unknown): string {
  const id: unknown =
    typeof identity === 'object' && identity !== null && 'id' in identity ? identity.id : identity
  if (typeof id === 'string') return id
  if (typeof id === 'bigint' || Number.isFinite(id)) return String(id)
  throw new JwtAuthUsageError(
    'subject_invalid',
    'The identity is no text, no number and has no such `id`. Set the option `subject: (identity) => string`.',
  )
}

/** The `sub` of an identity: 1 to 255 characters, as every verifier here demands. */
export function subjectOf(identity: unknown, subject: SubjectOf): string {
  return checkedSubject(subject(identity))
}

export function checkedSubject(text: unknown): string {
  if (typeof text === 'string' && text.length >= 1 && text.length <= 255) return text
  throw new JwtAuthUsageError('subject_invalid', 'The subject must be a text of 1 to 255 characters.')
}
