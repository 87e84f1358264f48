import { type ForeignRules, normalizedType } from '../issuers/foreign-tokens.js'
import { issuerList } from '../issuers/issuer-list.js'
import type { IssuerOptions } from '../issuers/issuer-options.js'
import { type CheckedIssuer, NO_TYPE } from './options/issuer-options.js'
import type { CheckedOptions } from './options/option-tables.js'
import { hasOwnKeys } from './read-keys.js'

/** One entry of the option `issuers`, converted. */
export interface ForeignSettings {
  /** The `iss` of its tokens. */
  readonly issuers: readonly string[]
  /** Says where its keys come from. */
  readonly options: IssuerOptions
  readonly rules: ForeignRules
}

/** The settings of the option `issuers`. */
export function foreignSettings(options: CheckedOptions): readonly ForeignSettings[] {
  const { issuers = [] } = options
  const isOnly = isOnlyIssuer(options)
  return Object.freeze(
    issuers.map((entry) =>
      Object.freeze({
        issuers: issuerList(entry.issuer),
        options: entry,
        rules: foreignRules(entry, isOnly, options),
      }),
    ),
  )
}

/** Whether all tokens of the app are of one other issuer, so that their claims mean what that issuer says. */
export function isOnlyIssuer(options: CheckedOptions): boolean {
  return options.issuers?.length === 1 && !hasOwnKeys(options) && options.legacyTokens === undefined
}

function foreignRules(entry: CheckedIssuer, isOnly: boolean, options: CheckedOptions): ForeignRules {
  const issuers = issuerList(entry.issuer)
  const required = [...new Set(['sub', 'exp', ...entry.requiredClaims])]
  return Object.freeze({
    name: issuers[0] ?? '',
    claimRules: {
      issuers,
      audience: entry.audience === undefined ? undefined : [entry.audience].flat(),
      clockTolerance: options.clockTolerance,
      requiredClaims: { access: required, refresh: required, 'one-time': required },
      // In an app with other tokens, the schema describes the claims of its own tokens.
      schema: isOnly ? options.claimsSchema : undefined,
    },
    tokenTypes: new Set(entry.tokenTypes.map((typ) => (typ === NO_TYPE ? null : normalizedType(typ)))),
    clients: entry.clients,
    accept: entry.accept,
    subject: entry.subject,
    claims: entry.claims ?? (isOnly ? 'all' : []),
    scopeClaims: entry.scopeClaims,
    isOnlyIssuer: isOnly,
  })
}
