import { openDatabase } from '../database/open-database.js'
import { demoUsers } from '../dev/demo-data.js'
import { readSettings } from '../settings.js'
import { cast } from './cast.js'
import { say } from './say.js'
import { scratch } from './scratch.js'
import { ShopProcess } from './shop-process.js'
import { afterRestartStory } from './story/after-restart.js'
import { itemsStory } from './story/items.js'
import { passwordsStory } from './story/passwords.js'
import { sessionsStory } from './story/sessions.js'

/** Starts the shop on a new database, calls it over HTTP, restarts it, and removes the database. */
async function demo(interrupted: AbortSignal): Promise<void> {
  const { env, clear } = await scratch(process.env)
  const shop = new ShopProcess(env, interrupted)
  const everybody = cast(shop)
  try {
    await shop.start()
    await itemsStory(everybody)
    await sessionsStory(everybody)
    await passwordsStory(everybody)
    await stop(shop)
    await demote(demoUsers.admin.username, env)
    say(true, 'While it is closed, is_admin of the admin is set to false. Then it opens again.')
    await shop.start()
    await afterRestartStory(everybody)
    await stop(shop)
  } finally {
    await shop.stop()
    await clear()
  }
}

async function stop(shop: ShopProcess): Promise<void> {
  const exitCode = await shop.stop()
  say(exitCode === 0, `SIGTERM ends the shop: exit code ${exitCode}`)
  if (exitCode !== 0) throw new Error('The shop did not end well.')
}

async function demote(username: string, env: NodeJS.ProcessEnv): Promise<void> {
  const database = await openDatabase(readSettings(env))
  try {
    await database.updateTable('users').set({ is_admin: false }).where('username', '=', username).execute()
  } finally {
    await database.destroy()
  }
}

// When interrupted, the shop ends, the next call fails, and the database is removed as usual.
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interruption.abort())

try {
  await demo(interruption.signal)
  process.stdout.write('\nEverything is as promised.\n')
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
