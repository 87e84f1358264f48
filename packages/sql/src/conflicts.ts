import { explainError } from './explain-error.js'

/** Errors of a transaction that the database rolled back because of a conflict with another. It may be tried again. */
const CONFLICTS: ReadonlySet<unknown> = new Set([
  '40001', // PostgreSQL: serialization_failure, where an app's default is stricter than READ COMMITTED
  '40P01', // PostgreSQL: deadlock_detected
  'ER_LOCK_DEADLOCK',
  'ER_CHECKREAD', // MariaDB with innodb_snapshot_isolation
])

/** In every conflict one transaction succeeds, so only a very large number of them could fail this often. */
const ATTEMPTS = 50

/** Runs a statement or a whole transaction, and repeats it after a conflict. */
export async function repeatAfterConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === ATTEMPTS || !CONFLICTS.has(codeOf(error))) throw explainError(error)
    }
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
