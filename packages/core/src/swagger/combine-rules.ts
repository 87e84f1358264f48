import type { SecurityRequirement } from './open-api.js'
import type { OperationRules } from './operation-rules.js'

/**
 * The rules of an operation that several handlers serve, such as those of different versions: whatever one of them needs is
 * an alternative, and `{}` is one if another needs nothing.
 */
export function combineRules(all: readonly [OperationRules, ...OperationRules[]]): OperationRules {
  const [first, ...others] = all
  if (others.length === 0) return first
  const ages = all.flatMap(({ maxAge }) => maxAge ?? [])
  return {
    security: combinedSecurity(all),
    guard: all.find(({ guard }) => guard !== undefined)?.guard,
    scopes: [...new Set(all.flatMap(({ scopes }) => scopes))],
    maxAge: ages.length > 0 ? Math.min(...ages) : undefined,
    codes: [...new Set(all.flatMap(({ codes }) => codes))],
    csrfHeader: all.every(({ csrfHeader }) => csrfHeader === first.csrfHeader)
      ? first.csrfHeader
      : 'optional',
    bodyMember: all.find(({ bodyMember }) => bodyMember !== undefined)?.bodyMember,
  }
}

function combinedSecurity(all: readonly OperationRules[]): readonly SecurityRequirement[] | undefined {
  const decided = all.filter(({ security }) => security !== undefined)
  if (decided.length === 0) return undefined
  if (all.every(({ security }) => security?.length === 0)) return []
  const alternatives = all.flatMap(({ security = [], guard }) =>
    security.length === 0 && guard === undefined ? [{}] : security,
  )
  const byText = new Map(alternatives.map((alternative) => [JSON.stringify(alternative), alternative]))
  return [...byText.values()]
}
