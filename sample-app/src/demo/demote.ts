import { openDatabase } from '../database/open-database.js'
import { readSettings } from '../settings.js'

/** Takes the admin's rights away in the database of a shop that is closed. */
export async function demote(username: string, env: NodeJS.ProcessEnv): Promise<void> {
  const database = await openDatabase(readSettings(env))
  try {
    await database.updateTable('users').set({ is_admin: false }).where('username', '=', username).execute()
  } finally {
    await database.destroy()
  }
}
