import type { Node } from 'ts-morph'
import type { ClassifiedUse } from './classify-uses.js'
import type { GuardPlan } from './plan-guards.js'
import type { Rest } from './rest.js'
import { literalOf } from './symbols.js'
import { FORMER, type Survey } from './survey.js'

/** Lists what stays as it is, with what the library has for it. */
export function listRest(
  survey: Survey,
  uses: readonly ClassifiedUse[],
  removed: readonly Node[],
  rest: Rest,
): void {
  for (const { use, sharesSecret } of uses.filter(({ role }) => role === 'left'))
    listToken(use, sharesSecret, rest)
  for (const call of survey.guardCalls) {
    const name = literalOf(call.getArguments()[0])
    if (name !== undefined && /refresh|^rt/i.test(String(name))) {
      const write =
        'The ready-made route does the same: `endpoints: { refresh: true }` (docs/coming-from-passport.md).'
      rest.add('may', call, 'This guard takes refresh tokens of the former code.', write)
    }
  }
  listRoleGuards(survey, removed, rest)
  listTests(survey, rest)
}

/** Lists what an app that has the new module still has of the former code. */
export function listRemaining(survey: Survey, rest: Rest): void {
  const uses = survey.services.flatMap((member) =>
    member.uses.map((use): ClassifiedUse => ({ use, member, role: 'left', sharesSecret: false })),
  )
  listRest(survey, uses, [], rest)
}

function listToken({ method, call }: ClassifiedUse['use'], sharesSecret: boolean, rest: Rest): void {
  if (method === 'decode') {
    rest.add(
      'may',
      call,
      'This reads a token without checking it.',
      'Write `TokenService.decodeUnverified(token).claims`, which throws for what is no token.',
    )
    return
  }
  const what = `This ${method.startsWith('sign') ? 'signs' : 'checks'} a token that is no access token${sharesSecret ? ', under the same secret' : ''}, and stays with \`JwtService\`.`
  const write =
    'A refresh token: `TokenService.issue` and `endpoints: { refresh: true }`, with `exchangeLegacy` for those that users hold (docs/coming-from-passport.md). A token in an e-mail: `issueOneTimeToken` and `consumeOneTimeToken`.'
  rest.add('may', call, what, write)
}

/** Guards that `JwtGuard` does not take the place of. They go on as they are, and ask `TokenService`. */
export function listKeptGuards(uses: readonly ClassifiedUse[], { kept }: GuardPlan, rest: Rest): void {
  const verifying = new Set(
    uses.filter(({ role }) => role === 'verify access').map(({ member }) => member.owner),
  )
  for (const [type, { at, why }] of kept) {
    if (!verifying.has(type)) continue
    const write = `So \`${type.getName()}\` stays as it is, with the marks of public routes that it reads, and asks \`TokenService\`.`
    rest.add('may', at, why, write)
  }
}

/** A guard that reads roles from the user of the request. */
function listRoleGuards(survey: Survey, removed: readonly Node[], rest: Rest): void {
  for (const type of survey.files.flatMap((file) => file.getClasses())) {
    const method = type.getMethod('canActivate')
    if (method === undefined || removed.includes(type)) continue
    const readsUser =
      /\buser\b/.test(method.getText()) && /roles?|permissions?|scopes?/i.test(method.getText())
    if (!readsUser) continue
    const write =
      "Where the roles are claims, `@RequireClaims({ roles: ['admin'] })` refuses with 403 `insufficient_claims`, and `@RequireScopes` reads the claim `scope`; both bring `JwtGuard` with them."
    rest.add(
      'may',
      type,
      'This guard reads roles from the user of the request, and goes on doing so behind `JwtGuard`.',
      write,
    )
  }
}

/** What the list says of a test, and what to write. */
export const TEST = [
  'This test sets up the former code.',
  "Import the app's module with `NEST_JWT_AUTH_SECRET` set, and make tokens by `createTestTokens(app)` (docs/testing.md).",
] as const

function listTests(survey: Survey, rest: Rest): void {
  for (const file of survey.tests) {
    for (const declaration of file.getImportDeclarations()) {
      if (!FORMER.includes(declaration.getModuleSpecifierValue())) continue
      rest.add('todo', declaration, ...TEST)
    }
  }
}
