import type { Migration } from 'kysely'
import { users } from './001-users.js'
import { items } from './002-items.js'

/** Run in the order of their names, each once per database. Never change a released one: add another. */
export const migrations: Record<string, Migration> = {
  '001-users': users,
  '002-items': items,
}
