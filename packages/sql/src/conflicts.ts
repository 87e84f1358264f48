import { explainMissingTables } from './missing-tables.js'

/** The database has undone one of two so that the other could go on: it may be tried again. */
const CONFLICTS: ReadonlySet<unknown> = new Set([
  '40001', // PostgreSQL: serialization_failure, where an app's default is stricter than READ COMMITTED
  '40P01', // PostgreSQL: deadlock_detected
  'ER_LOCK_DEADLOCK',
  'ER_CHECKREAD', // MariaDB with innodb_snapshot_isolation
])

/** Each time one of them has won, so it takes a crowd to lose so often. */
const ATTEMPTS = 50

/** Runs a statement or a whole transaction, and again where it lost to another. */
export async function settle<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === ATTEMPTS || !CONFLICTS.has(codeOf(error))) throw explainMissingTables(error)
    }
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
