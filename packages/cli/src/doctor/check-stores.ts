import type { KeyStore, SessionStore, SettingsDescription, StoreReport } from '@nest-jwt-auth/core'
import { within } from '../app/within.js'
import { compareClock } from './compare-clock.js'
import { codeOf, errorText } from './error-text.js'
import type { Report } from './report.js'

type Name = NamedStore['name']

/** Asks the stores of the app. */
export async function checkStores(
  { sessionStore, keyStore }: SettingsDescription,
  patience: Patience,
  report: Report,
): Promise<void> {
  if (sessionStore !== undefined)
    await checkStore({ name: 'sessionStore', store: sessionStore }, patience, report)
  if (keyStore !== undefined) await checkStore({ name: 'keyStore', store: keyStore }, patience, report)
}

/** A store cannot be known by its methods: one of the app's own may have more. */
type NamedStore =
  | { readonly name: 'sessionStore'; readonly store: SessionStore }
  | { readonly name: 'keyStore'; readonly store: KeyStore }

export interface Patience {
  /** The milliseconds for an answer. */
  readonly timeout: number
  /** The lifecycle hooks of the app have run, in which a client may connect. */
  readonly isStarted: boolean
}

async function checkStore(
  named: NamedStore,
  { timeout, isStarted }: Patience,
  report: Report,
): Promise<void> {
  const { name } = named
  const earliest = Date.now()
  let state: StoreReport | undefined
  try {
    state = await within(
      timeout,
      askStore(named),
      () => new Error(`There is no answer within ${timeout / 1000} seconds`),
    )
  } catch (error) {
    // A client that has never connected has no code of the network or of the server to show.
    if (isStarted || codeOf(error) !== undefined) return reportUnreachable(name, error, report)
    return report.skip(
      `the ${name}`,
      `it does not answer (${errorText(error)}). If its client connects in a lifecycle hook, add --start, which runs them`,
    )
  }
  if (state === undefined) {
    return report.skip(`what the ${name} is like`, 'the store has no report(). It answers')
  }
  if (state.time !== undefined) {
    const clock = { time: state.time, between: [earliest, Date.now()] as const, step: 1 }
    compareClock(`the ${name} (${state.system})`, clock, report)
  }
  reportState(name, state, report)
}

/** `undefined`: the store answers, and does not report. */
async function askStore({ name, store }: NamedStore): Promise<StoreReport | undefined> {
  if (store.report !== undefined) return store.report()
  if (name === 'keyStore') await store.read()
  else await store.lookUp({ subject: 'doctor', sessionId: 'doctor', now: Date.now() })
  return undefined
}

function reportUnreachable(name: Name, error: unknown, report: Report): void {
  report.add('store_unreachable', {
    at: name,
    what: `The store does not answer: ${errorText(error)}.`,
    fix: {
      where: 'in the environment, or wherever the app has the address of the store from',
      write: 'DATABASE_URL=… or REDIS_URL=…, as it is reached from this machine',
    },
  })
}

function reportState(
  name: Name,
  { system, migrations, evicts, isDurable }: StoreReport,
  report: Report,
): void {
  if (system === 'memory') return reportInMemory(name, report)
  if (migrations !== undefined && migrations.done < migrations.needed) {
    const { done, needed } = migrations
    report.add('store_not_migrated', {
      at: `${name} (${system})`,
      what:
        done === 0
          ? 'The tables of the store do not exist.'
          : `The tables are of an older version: ${done} of ${needed} migrations have run.`,
      fix: { where: `where the app makes the ${name}`, write: 'await store.migrate()' },
    })
  }
  if (evicts === undefined)
    report.skip(`the maxmemory-policy of the ${name}`, `${system} does not tell it to this user`)
  if (isDurable === undefined)
    report.skip(`the persistence of the ${name}`, `${system} does not tell it to this user`)
  if (evicts === true) {
    report.add('store_evicts', {
      at: `${name} (${system})`,
      what: 'The maxmemory-policy is another than noeviction.',
      fix: { where: 'in redis.conf', write: 'maxmemory-policy noeviction' },
    })
  }
  if (isDurable === false) reportNotDurable(name, system, report)
}

function reportNotDurable(name: Name, system: string, report: Report): void {
  const isRedis = system === 'Redis'
  report.add('store_not_durable', {
    at: `${name} (${system})`,
    what: isRedis ? 'Redis does not write each change to its disk.' : 'The database is kept in memory.',
    fix: isRedis
      ? { where: 'in redis.conf', write: 'appendonly yes' }
      : { where: 'where the database is opened', write: "new Database('sessions.db')" },
  })
}

function reportInMemory(name: Name, report: Report): void {
  const type = name === 'sessionStore' ? 'SqlSessionStore' : 'SqlKeyStore'
  report.add('store_in_memory', {
    at: name,
    what: `The ${name} keeps everything in the memory of the process.`,
    fix: {
      where:
        'in the options of JwtAuthModule, with `npm install @nest-jwt-auth/sql kysely` (or @nest-jwt-auth/redis)',
      write: `${name}: { useFactory: () => new ${type}({ db }) },`,
    },
  })
}
