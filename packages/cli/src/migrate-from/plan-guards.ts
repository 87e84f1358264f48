import type { CallExpression, ClassDeclaration } from 'ts-morph'
import type { Doubt } from './doubt.js'
import { unknownUse } from './guard-uses.js'
import { findPassportGuards } from './find-passport-guards.js'
import { readPassportGuard } from './passport-guard.js'
import { identityOf, markDoubt } from './public-keys.js'
import type { MarkRead } from './public-marks.js'
import { type RecipeGuard, readRecipeGuard } from './recipe-guard.js'
import type { Rest } from './rest.js'
import type { Survey } from './survey.js'

/** The guards of access tokens that `JwtGuard` takes the place of, and why it does not of the others. */
export interface GuardPlan {
  readonly recipe: readonly RecipeGuard[]
  readonly passport: readonly ClassDeclaration[]
  /** `AuthGuard('jwt')` without a class of its own. */
  readonly calls: readonly CallExpression[]
  readonly marks: readonly MarkRead[]
  /** Guards that verify tokens by a `JwtService`, and stay. */
  readonly kept: ReadonlyMap<ClassDeclaration, Doubt>
}

/** Only guards that are understood to the last statement are replaced, so that no request gets in that they refused. */
export function planGuards(survey: Survey, strategy: string | undefined, rest: Rest): GuardPlan {
  const kept = new Map<ClassDeclaration, Doubt>()
  let recipe = survey.services.flatMap((member) => {
    const read = readRecipeGuard(member)
    if (read === undefined) return []
    const doubt = isDoubt(read) ? read : guardDoubt(read.type, read.marks, survey)
    if (doubt === undefined) return isDoubt(read) ? [] : read
    kept.set(member.owner, doubt)
    return []
  })
  for (const guard of recipe) {
    const isAlike = strategy === undefined && guard.attachesAs === recipe[0]?.attachesAs
    if (!isAlike) kept.set(guard.type, otherUser(guard.type))
  }
  recipe = recipe.filter(({ type }) => !kept.has(type))
  const found = strategy === undefined ? { types: [], calls: [] } : findPassportGuards(survey, strategy, rest)
  const passport = found.types.flatMap((type) => {
    const read = readPassportGuard(type)
    const doubt = isDoubt(read) ? read : guardDoubt(type, read, survey)
    if (doubt === undefined) return { type, marks: isDoubt(read) ? [] : read }
    block(doubt, rest)
    return []
  })
  const sets = [...recipe, ...passport].map(({ marks }) => keysOf(marks))
  const all = new Set(found.calls.length > 0 ? ['', ...sets] : sets)
  if (all.size > 1) {
    for (const { type, marks } of recipe) if (marks[0] !== undefined) kept.set(type, otherKeys(marks[0]))
    recipe = recipe.filter(({ type }) => !kept.has(type))
    for (const { marks } of passport) if (marks[0] !== undefined) block(otherKeys(marks[0]), rest)
  }
  return {
    recipe,
    passport: passport.map(({ type }) => type),
    calls: found.calls,
    marks: [...recipe, ...passport].flatMap(({ marks }) => marks),
    kept,
  }
}

const isDoubt = (read: object): read is Doubt => 'why' in read

function guardDoubt(type: ClassDeclaration, marks: readonly MarkRead[], survey: Survey): Doubt | undefined {
  for (const mark of marks) {
    const doubt = markDoubt(mark, survey)
    if (doubt !== undefined) return doubt
  }
  return unknownUse(type, survey)
}

const keysOf = (marks: readonly MarkRead[]) =>
  [...new Set(marks.map(({ key }) => identityOf(key) ?? ''))]
    .toSorted((one, other) => one.localeCompare(other))
    .join()

/** `@Public()` would open the routes of all of them. */
const otherKeys = ({ key }: MarkRead): Doubt => ({
  at: key,
  why: 'This guard lets routes with this mark pass, and another guard of access tokens does not.',
})

/** A guard behind it may refuse by what it finds there. */
const otherUser = (type: ClassDeclaration): Doubt => ({
  at: type,
  why: 'This guard puts the payload on the request, and another guard of access tokens puts something else there, or elsewhere.',
})

const BY_HAND =
  'Move it by hand (docs/coming-from-passport.md), or let another guard do what it does more, then run this command again.'

function block({ at, why }: Doubt, rest: Rest): void {
  rest.add('blocks', at, why, BY_HAND)
}
