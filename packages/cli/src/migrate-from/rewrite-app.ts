import type { CallExpression, ts } from 'ts-morph'
import { type AccessSide, findAccessSide } from './access-side.js'
import { type ClassifiedUse, classifyUses } from './classify-uses.js'
import { cleanModules } from './clean-modules.js'
import { listKeptGuards, listRest } from './list-rest.js'
import { PRIVATE_KEY, SECRET } from './module-options.js'
import type { Rest } from './rest.js'
import { rewriteCalls, type SignedTokens } from './rewrite-calls.js'
import { type AccessGuards, rewriteGuards } from './rewrite-guards.js'
import { quoted } from './rewrite-imports.js'
import { findRequestUsers, readsUserElsewhere, rewriteHandlers } from './rewrite-handlers.js'
import { type ModuleInput, rewriteModule } from './rewrite-module.js'
import { rewritePublic } from './rewrite-public.js'
import { rewriteStrategy } from './rewrite-strategy.js'
import type { SourceEdits } from './source-edits.js'
import type { Survey } from './survey.js'

export interface Rewriting {
  readonly survey: Survey
  readonly edits: SourceEdits
  readonly rest: Rest
  readonly now: Date
  readonly compilerOptions: ts.CompilerOptions
}

/** Rewrites all that has to do with access tokens, so that old and new code never disagree about them. */
export function rewriteApp(rewriting: Rewriting): void {
  const { survey, edits, rest } = rewriting
  const access = findAccessSide(survey, rest)
  if (access === undefined) {
    const write = 'Set the secret in `JwtModule.register` or in the strategy, then run this command again.'
    if (!rest.isBlocked)
      rest.add('blocks', 'tsconfig.json', 'The secret of access tokens was not found.', write)
    return
  }
  const uses = classifyUses(survey, access)
  refuseStrays(survey, access, rest)
  const signed = rewriteCalls(uses, edits, rest)
  const guards = rewriteGuards(access.guards, edits)
  const keys = access.guards.marks.map(({ key }) => key)
  rewritePublic(survey, keys, guards.types, edits)
  listKeptGuards(uses, access.guards, rest)
  const isNumeric = signed.payloads.some(
    ({ subjectType, hadSubject }) => hadSubject && subjectType === 'number',
  )
  if (access.strategy !== undefined) rewriteStrategy(access.strategy, isNumeric, edits, rest)
  const user = rewriteUsers(rewriting, access, guards, isNumeric)
  const keepsFormer = uses.some(({ role }) => role === 'left')
  rewriteModule(moduleInput(rewriting, access, uses, signed, user, keepsFormer), edits, rest)
  const keepsPassport = survey.strategies.length > 1 || keepsOtherGuards(survey, access, guards)
  cleanModules(survey, access.moduleCall, edits, { jwt: keepsFormer, passport: keepsPassport })
  adviseOnSecret(access, rest)
  adviseOnScheme(access, rest)
  adviseOnSubject(signed, isNumeric, access, rest)
  listRest(survey, uses, guards.types, rest)
}

/** What `request.user` was, still is: an identity loader gives it, unless only handlers read it that take the claims. */
function rewriteUsers(
  { survey, edits }: Rewriting,
  access: AccessSide,
  guards: AccessGuards,
  isNumeric: boolean,
): Pick<ModuleInput, 'attachesAs' | 'identityLoader'> {
  const name = access.guards.recipe[0]?.attachesAs ?? 'user'
  const found = findRequestUsers(survey, guards, access.strategy?.name, name)
  const known = [...guards.types, ...found.map(({ method }) => method)]
  if (access.strategy !== undefined) {
    rewriteHandlers(found, 'CurrentIdentity', edits)
    const { type } = access.strategy
    return { attachesAs: name, identityLoader: { type: type.getName() ?? '', file: type.getSourceFile() } }
  }
  if (access.guards.recipe.length === 0) return { attachesAs: undefined, identityLoader: undefined }
  if (
    !isNumeric &&
    !readsUserElsewhere(survey, name, known) &&
    rewriteHandlers(found, 'Claims', edits).length === found.length
  )
    return { attachesAs: undefined, identityLoader: undefined }
  if (isNumeric) rewriteHandlers(found, 'CurrentIdentity', edits)
  const claims = isNumeric ? '({ ...claims, sub: Number(claims.sub) })' : 'claims'
  return {
    attachesAs: name,
    identityLoader: { text: `{ useValue: { loadIdentity: (claims: JwtClaims) => ${claims} } }` },
  }
}

function moduleInput(
  { now, compilerOptions }: Rewriting,
  access: AccessSide,
  uses: readonly ClassifiedUse[],
  { payloads, lifetimes }: SignedTokens,
  user: Pick<ModuleInput, 'attachesAs' | 'identityLoader'>,
  keepsFormer: boolean,
): ModuleInput {
  const isStrict = compilerOptions.noPropertyAccessFromIndexSignature === true
  return {
    ...user,
    access,
    lifetimes,
    keepsFormer,
    hadSubject: payloads.every((one) => one.hadSubject),
    sharesSecret: uses.some((one) => one.sharesSecret),
    env: (name) =>
      isStrict ? `process.env[${quoted(name, access.place.getSourceFile())}]` : `process.env.${name}`,
    now,
  }
}

function keepsOtherGuards(survey: Survey, access: AccessSide, guards: AccessGuards): boolean {
  const isReplaced = (call: CallExpression) =>
    access.guards.calls.includes(call) || guards.types.some((type) => call.getAncestors().includes(type))
  return survey.guardCalls.some((call) => !isReplaced(call))
}

function refuseStrays({ strays }: Survey, _access: AccessSide, rest: Rest): void {
  for (const node of strays) {
    const write = 'Take a `JwtService` by the constructor and call it there, then run this command again.'
    rest.add('blocks', node, 'It is not certain what this `JwtService` signs or checks.', write)
  }
}

function adviseOnSecret({ options, place }: AccessSide, rest: Rest): void {
  const isPair = options.algorithm !== undefined && !options.algorithm.startsWith('HS')
  const write = isPair
    ? `Set \`${PRIVATE_KEY}\` to a new private key in PEM, wherever the app runs.`
    : `Set \`${SECRET}\` wherever the app runs, to what \`npx @nest-jwt-auth/cli secret\` prints.`
  rest.add(
    'todo',
    place,
    'New tokens are signed with a key of their own, and the former one only checks former tokens.',
    write,
  )
}

function adviseOnScheme({ guards, place }: AccessSide, rest: Rest): void {
  for (const { type } of guards.recipe.filter(({ asksForScheme }) => !asksForScheme)) {
    const what = `\`${type.getName()}\` took tokens without the scheme \`Bearer\` too, which \`JwtGuard\` demands.`
    const write =
      "Where clients send another scheme, set `locations: [{ header: 'authorization', scheme: 'JWT' }]`; where they send none, `scheme: null`."
    rest.add('todo', place, what, write)
  }
}

function adviseOnSubject(
  { payloads }: SignedTokens,
  isNumeric: boolean,
  { place }: AccessSide,
  rest: Rest,
): void {
  if (isNumeric || !payloads.some(({ subjectType, hadSubject }) => hadSubject && subjectType === 'unknown'))
    return
  const what = 'The compiler does not know the type of `sub`, which is a string in all tokens now.'
  rest.add('todo', place, what, 'If it was a number, write `Number(…)` where the app reads it.')
}
