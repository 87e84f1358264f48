import { firstGeneration } from '@nest-jwt-auth/core'
import type { Runner } from './database.js'
import type { Whole } from './session-record.js'
import { sql } from './statement.js'

/**
 * Raises a subject's generation by `by`, keeps it at least until `keepUntil`, and returns it. Inside a transaction this
 * locks the subject's row, so other transactions that need it wait.
 */
export async function noteSubject(run: Runner, key: string, by: 0 | 1, keepUntil: number): Promise<number> {
  const first = firstGeneration() + by
  if (run.dialect === 'mysql') {
    await run.change(sql`
      insert into jwt_auth_subjects (subject_key, generation, keep_until) values (${key}, ${first}, ${keepUntil})
      on duplicate key update generation = generation + ${by}, keep_until = greatest(keep_until, ${keepUntil})`)
    return generationOf(
      await run.rows<GenerationRow>(sql`select generation from jwt_auth_subjects where subject_key = ${key}`),
    )
  }
  return generationOf(
    await run.rows<GenerationRow>(sql`
      insert into jwt_auth_subjects as known (subject_key, generation, keep_until)
      values (${key}, ${first}, ${keepUntil})
      on conflict (subject_key) do update set
        generation = known.generation + ${by},
        keep_until = case when known.keep_until > excluded.keep_until
          then known.keep_until else excluded.keep_until end
      returning generation`),
  )
}

/** Remembers a revoked token at least until `keepUntil`. */
export async function noteRevoked(run: Runner, jti: string, keepUntil: number): Promise<void> {
  await run.change(
    run.dialect === 'mysql'
      ? sql`
          insert into jwt_auth_revoked_tokens (jti, keep_until) values (${jti}, ${keepUntil})
          on duplicate key update keep_until = greatest(keep_until, ${keepUntil})`
      : sql`
          insert into jwt_auth_revoked_tokens as known (jti, keep_until) values (${jti}, ${keepUntil})
          on conflict (jti) do update set keep_until = excluded.keep_until
          where known.keep_until < excluded.keep_until`,
  )
}

interface GenerationRow {
  readonly generation: Whole
}

function generationOf([row]: readonly GenerationRow[]): number {
  return Number(row?.generation ?? 0)
}
