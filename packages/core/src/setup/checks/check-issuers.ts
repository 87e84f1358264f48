import { findKeyProblems } from '../../issuers/find-key-problems.js'
import { issuerList } from '../../issuers/issuer-list.js'
import { isOnlyIssuer } from '../foreign-settings.js'
import type { CheckedIssuer } from '../options/issuer-options.js'
import type { CheckedOptions } from '../options/option-tables.js'
import type { Problems } from '../problems.js'
import { hasOwnKeys } from '../read-keys.js'

/**
 * Reports issuers that cannot be distinguished, that would accept tokens for other apps, or whose keys cannot be
 * fetched.
 */
export async function checkIssuers(options: CheckedOptions, problems: Problems): Promise<void> {
  const { issuers } = options
  if (issuers === undefined) return
  const own = options.issuer === undefined ? [] : issuerList(options.issuer)
  const taken = new Map(own.map((iss) => [iss, 'issuer']))
  for (const [at, entry] of issuers.entries()) {
    const path = `issuers[${at}]`
    const isReadable = !problems.mentions(`${path}.issuer`, `${path}.algorithms`)
    checkNames(entry, path, taken, problems)
    checkAudience(entry, path, problems)
    if (!isReadable) continue
    for (const { path: member, problem, fix } of await findKeyProblems(entry)) {
      problems.add(`${path}.${member}`, problem, fix)
    }
  }
  checkPrefixes(issuers, problems)
  if (hasOwnKeys(options)) demandOwnIssuer(options, problems)
  else refuseOwnRules(options, problems)
}

/** Each `iss` must lead to the keys of one party. */
function checkNames(
  { issuer }: CheckedIssuer,
  path: string,
  taken: Map<string, string>,
  problems: Problems,
): void {
  for (const iss of issuerList(issuer)) {
    const earlier = taken.get(iss)
    if (earlier !== undefined) {
      problems.add(
        `${path}.issuer`,
        `The value is the same as that of ${earlier}`,
        'Give each issuer its own',
      )
    }
    taken.set(iss, `${path}.issuer`)
  }
}

/** A subject begins with its issuer and `|`, so `a` with `b|c` and `a|b` with `c` would be the same. */
function checkPrefixes(issuers: readonly CheckedIssuer[], problems: Problems): void {
  const prefixes = issuers.map(({ issuer, subject }) =>
    subject === undefined ? issuerList(issuer)[0] : undefined,
  )
  for (const [at, prefix] of prefixes.entries()) {
    const longer = prefixes.findIndex((other) => other?.startsWith(`${prefix}|`))
    if (prefix === undefined || longer === -1) continue
    problems.add(
      `issuers[${at}].issuer`,
      `The issuer of issuers[${longer}] begins with this value and |, so two users could have the same subject`,
      'Set subject in one of the two entries',
    )
  }
}

function checkAudience({ audience, clients }: CheckedIssuer, path: string, problems: Problems): void {
  if (audience !== undefined || clients !== undefined || problems.mentions(path)) return
  problems.add(
    path,
    'Neither audience nor clients is set, so tokens that were issued for other apps would be accepted',
    'Set audience to the name of this app in aud or, if the tokens have no aud, clients to the ids of your clients',
  )
}

function demandOwnIssuer({ issuer }: CheckedOptions, problems: Problems): void {
  if (issuer !== undefined || problems.mentions('issuer')) return
  problems.add(
    'issuer',
    'The app accepts tokens of other issuers, but its own tokens would not name their issuer',
    "Set issuer to a name of this app, such as 'https://api.example.com'",
  )
}

/** An app without own keys has no tokens of its own that these could be about. */
function refuseOwnRules(options: CheckedOptions, problems: Problems): void {
  const { issuer, audience, requiredClaims } = options
  const given = { issuer, audience, requiredClaims: requiredClaims.length > 0 ? requiredClaims : undefined }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    problems.add(
      name,
      'The option is about tokens that the app signs itself, but it has no keys of its own',
      `Set ${name} in the entry of issuers instead`,
    )
  }
  if (options.claimsSchema !== undefined && !isOnlyIssuer(options)) {
    problems.add(
      'claimsSchema',
      'The option is about tokens that the app signs itself, or about those of its only issuer, so it would check no token',
      'Remove it, and check the claims with accept in each entry of issuers instead',
    )
  }
}
