import { refusePromise } from '../errors/refuse-promise.js'
import { JwtAuthUsageError } from '../errors/usage.error.js'

/** Finds the subject of an identity. */
export type SubjectOf = (identity: unknown) => string

/** The default: a string as it is, a number as a string, an object's `id`. */
export function defaultSubject(identity: unknown): string {
  const id: unknown =
    typeof identity === 'object' && identity !== null && 'id' in identity ? identity.id : identity
  if (typeof id === 'string') return id
  if (typeof id === 'bigint' || Number.isFinite(id)) return String(id)
  throw new JwtAuthUsageError(
    'subject_invalid',
    'The identity must be a string, a number, or an object with such an `id`. For other identities set the option ' +
      '`subject: (identity) => string`.',
  )
}

/** The `sub` of an identity: 1 to 255 characters, as every verifier here demands. */
export function subjectOf(identity: unknown, subject: SubjectOf): string {
  const result: unknown = subject(identity)
  refusePromise(result, 'subject_invalid', 'The option `subject`')
  return checkedSubject(result)
}

/** The subject that a string names; a number is the identity that was given to `issue`. */
export function namedSubject(named: unknown, subject: SubjectOf): string {
  const isNumber = typeof named === 'number' || typeof named === 'bigint'
  return isNumber ? subjectOf(named, subject) : checkedSubject(named)
}

/** Throws `subject_invalid`. */
export function checkedSubject(subject: unknown): string {
  if (typeof subject === 'string' && subject.length >= 1 && subject.length <= 255) return subject
  throw new JwtAuthUsageError('subject_invalid', 'The subject must be a string of 1 to 255 characters.')
}
