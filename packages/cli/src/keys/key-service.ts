import type { KeyInfo, KeyService } from '@nest-jwt-auth/core'
import type { GivenAppOptions } from '../app/app-options.js'
import { authOf } from '../app/auth-of.js'
import type { Stage } from '../app/create-app.js'
import { AppStartError, isConfigError, withApp } from '../app/open-app.js'
import { CommandError } from '../command.js'
import { describeTime } from '../describe-time.js'
import { tableOf } from '../table.js'
import type { Terminal } from '../terminal.js'

type Work<T> = (keys: KeyService) => Promise<T>

/**
 * Like `withKeyService`, for work that does not need the keys themselves: also in an app that does not start because a
 * stored key cannot be decrypted.
 */
export async function withKeyList<T>(
  options: GivenAppOptions,
  terminal: Terminal,
  work: Work<T>,
): Promise<T> {
  try {
    return await withKeyService(options, terminal, work)
  } catch (error) {
    if (!(error instanceof AppStartError && isConfigError(error.cause))) throw error
    return withKeyService(options, terminal, work, 'built')
  }
}

/** Gives `work` the `KeyService` of the app. Throws a `CommandError` if its keys are in the memory of the running app. */
export function withKeyService<T>(
  options: GivenAppOptions,
  terminal: Terminal,
  work: Work<T>,
  stage: Stage = 'started',
): Promise<T> {
  return withApp(options, stage, terminal, async (open) => {
    if (authOf(open).settings.keyStore instanceof open.core.InMemoryKeyStore) {
      throw new CommandError(
        'The app keeps its keys in memory, so only the running app itself has them. Set `keyStore` to a store that ' +
          'all processes share, such as SqlKeyStore or RedisKeyStore.',
      )
    }
    return work(open.app.get(open.core.KeyService, { strict: false }))
  })
}

export function describeKeys(keys: readonly KeyInfo[], now: number): string[] {
  const rows = keys.map((key) => [
    key.kid,
    key.algorithm,
    key.state,
    key.isListed ? 'yes' : 'no',
    describeNext(key, now),
    key.wrap,
  ])
  return tableOf(['KID', 'ALGORITHM', 'STATE', 'IN JWKS', 'NEXT', 'WRAPPED BY'], rows)
}

function describeNext({ state, signsFrom, signsUntil, verifiesUntil }: KeyInfo, now: number): string {
  if (state === 'announced') return `signs from ${describeTime(signsFrom.getTime(), now)}`
  if (state === 'signing') return `signs until ${describeTime(signsUntil.getTime(), now)}`
  return verifiesUntil === undefined ? '' : `is removed ${describeTime(verifiesUntil.getTime(), now)}`
}
