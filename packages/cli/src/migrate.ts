import type { StoreReport } from '@nest-jwt-auth/core'
import { APP_OPTIONS } from './app/app-options.js'
import { authOf } from './app/auth-of.js'
import { errorMessage } from './app/error-stack.js'
import { withApp } from './app/open-app.js'
import { readArguments } from './arguments/read-arguments.js'
import { usageOf } from './arguments/usage.js'
import { type Command, CommandError, type ExitCode } from './command.js'

/** A store with tables. */
interface Migratable {
  migrate(): Promise<void>
  report?(): Promise<StoreReport>
}

export const migrate: Command = {
  name: 'migrate',
  summary: "Creates and upgrades the tables of the app's SqlSessionStore and SqlKeyStore.",
  usage: usageOf('migrate [options]', APP_OPTIONS, [
    'The providers of the app are built, and none of its lifecycle hooks runs. It may run again at any time.',
  ]),
  async run(args, terminal) {
    const { options } = readArguments(args, APP_OPTIONS)
    return withApp(options, 'built', terminal, async (open): Promise<ExitCode> => {
      const { sessionStore, keyStore } = authOf(open).settings
      const stores: unknown[] = [sessionStore, keyStore]
      const withTables = stores.filter(isMigratable)
      if (withTables.length === 0) {
        throw new CommandError(
          'The app has no store with tables: neither `sessionStore` nor `keyStore` has a method migrate().',
        )
      }
      for (const store of withTables) terminal.print(await migrateStore(store))
      return 0
    })
  },
}

/** Returns what it did, in a sentence. */
async function migrateStore(store: Migratable): Promise<string> {
  const { name } = store.constructor
  try {
    const before = await store.report?.()
    await store.migrate()
    const { migrations, system = 'database' } = (await store.report?.()) ?? {}
    if (migrations === undefined) return `${name}: migrate() has run.`
    const { done } = migrations
    const ran = done - (before?.migrations?.done ?? 0)
    const state = `The tables on ${system} are at version ${done}.`
    return ran > 0 ? `${name}: ran ${ran} ${ran === 1 ? 'migration' : 'migrations'}. ${state}` : `${name}: nothing to do. ${state}` // prettier-ignore
  } catch (error) {
    throw new CommandError(`${name} cannot be migrated: ${errorMessage(error)}`)
  }
}

function isMigratable(store: unknown): store is Migratable {
  return typeof store === 'object' && store !== null && typeof Reflect.get(store, 'migrate') === 'function'
}
