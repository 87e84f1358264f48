import { Client } from 'pg'
import type { Wire } from './wire.js'

/** Asks for something that waits for `table` on PostgreSQL, and cuts the wire meanwhile. Resolves to the answer. */
export async function cutWhileWaiting<T>(
  { wire, table }: { wire: Wire; table: string },
  ask: () => Promise<T>,
): Promise<T> {
  const holder = new Client({ connectionString: wire.url.href })
  await holder.connect()
  await holder.query(`begin; lock table ${table}`)
  const answer = ask()
  const waiting = `select from pg_locks where relation = '${table}'::regclass and not granted`
  while ((await holder.query(waiting)).rowCount === 0);
  await wire.cut()
  await holder.end()
  return answer
}
