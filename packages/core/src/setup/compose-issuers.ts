import { Logger } from '@nestjs/common'
import { ForeignTokens } from '../issuers/foreign-tokens.js'
import { makeIssuerKeys } from '../issuers/issuer-keys.js'
import type { Clock } from '../time/clock.js'
import type { TokenSource } from '../token/token-source.js'
import type { ForeignSettings } from './foreign-settings.js'

/** Builds what verifies the tokens of other issuers. Nothing is fetched before the first token comes. */
export function composeIssuers(
  foreign: readonly ForeignSettings[],
  clock: Clock,
): { readonly sources: ReadonlyMap<string, TokenSource>; readonly close: () => void } {
  const logger = new Logger('JwtAuth')
  const ports = {
    clock,
    warn: (line: string) => logger.warn(line),
    log: (line: string) => logger.log(line),
  }
  const onError = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : ''
    logger.error('A function of the option issuers threw an error, so the token is refused.', stack)
  }
  const parties = foreign.map(({ issuers, options, rules }) => {
    const keys = makeIssuerKeys(options, ports)
    const sources = issuers.map(
      (issuer) => [issuer, new ForeignTokens(issuer, keys.of(issuer), rules, onError)] as const,
    )
    return { keys, sources }
  })
  return {
    sources: new Map(parties.flatMap(({ sources }) => sources)),
    close: () => {
      for (const { keys } of parties) keys.close()
    },
  }
}
