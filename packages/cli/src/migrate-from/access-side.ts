import { type CallExpression, type Expression, type Node } from 'ts-morph'
import {
  type FormerOptions,
  optionsObject,
  readModuleOptions,
  refuseOtherOptions,
  readStrategyOptions,
  refuseDifferent,
} from './former-options.js'
import { type GuardPlan, planGuards } from './plan-guards.js'
import type { RecipeGuard } from './recipe-guard.js'
import type { Rest } from './rest.js'
import { settingKey } from './setting-key.js'
import { memberNames, memberOf } from './symbols.js'
import type { JwtStrategy, Survey } from './survey.js'

/** The part of the former code that makes and checks access tokens. All else stays with the former code. */
export interface AccessSide {
  /** `settingKey` of what signs access tokens. */
  readonly key: string
  /** That, as an expression. */
  readonly signedWith: Expression
  /** The call of `JwtModule` that sets it, or else any that becomes the place of the new module. */
  readonly moduleCall: CallExpression | undefined
  /** Where the new module will be, for the list. */
  readonly place: Node
  /** Whether `moduleCall` sets it, so that calls without a secret of their own mean it. */
  readonly isDefault: boolean
  readonly options: FormerOptions
  readonly strategy: JwtStrategy | undefined
  readonly guards: GuardPlan
}

/** `undefined` where it is not certain, which the list says. */
export function findAccessSide(survey: Survey, rest: Rest): AccessSide | undefined {
  const strategy = accessStrategy(survey, rest)
  const plan = planGuards(survey, strategy?.name, rest)
  const guards = plan.recipe
  const fromStrategy = strategy && readStrategyOptions(strategy, rest)
  const modules = survey.moduleCalls.flatMap((call) => {
    const object = optionsObject(call)
    return object === undefined ? [] : { call, object }
  })
  const configured = modules.filter(({ object }) => keyIn(object) !== undefined)
  const wanted = fromStrategy?.secret ?? fromStrategy?.publicKey ?? secretOfGuard(guards)
  const signing =
    configured.find(({ object }) => isSame(keyIn(object), wanted)) ??
    configured.find(({ object }) => isKeyOf(object, wanted)) ??
    (wanted === undefined ? configured[0] : undefined)
  const fromModule = signing && readModuleOptions(signing.object, rest)
  const signedWith = (signing && keyIn(signing.object)) ?? wanted
  refuseDifferent(fromModule?.issuer, fromStrategy?.issuer, rest)
  refuseDifferent(fromModule?.audience, fromStrategy?.audience, rest)
  if (fromStrategy !== undefined) refuseUnknownKind(survey, signing?.object, fromStrategy, rest)
  if (strategy !== undefined) refuseOtherAlgorithm(strategy, fromModule, fromStrategy, rest)
  refuseUnread(survey, rest)
  if (areDifferent(modules.map(({ object }) => object).filter((one) => verifiesWith(one) !== '')))
    refuseDefaultKeys(survey, rest)
  for (const guard of guards) refuseOtherCheck(guard, signing?.object, signedWith, rest)
  if (signedWith === undefined) return undefined
  return {
    key: settingKey(signedWith),
    signedWith,
    moduleCall: signing?.call ?? survey.moduleCalls[0],
    place: signing?.call ?? survey.moduleCalls[0] ?? signedWith,
    isDefault: signing !== undefined,
    options: merged(fromModule, fromStrategy, guards),
    strategy,
    guards: plan,
  }
}

const isSame = (one: Node | undefined, other: Node | undefined) =>
  one !== undefined && other !== undefined && settingKey(one) === settingKey(other)

function keyIn(object: Node): Expression | undefined {
  return memberOf(object, 'secret') ?? memberOf(object, 'privateKey')
}

function isKeyOf(object: Node, wanted: Node | undefined): boolean {
  if (wanted === undefined) return true
  const written = ['secret', 'publicKey'].flatMap((name) => memberOf(object, name) ?? [])
  return written.some((one) => settingKey(one) === settingKey(wanted))
}

const secretOfGuard = (guards: readonly RecipeGuard[]) =>
  guards.flatMap(({ verifyOptions }) => memberOf(verifyOptions, 'secret') ?? [])[0]

function merged(
  module: FormerOptions = {},
  strategy: FormerOptions = {},
  guards: readonly RecipeGuard[],
): FormerOptions {
  const own = Object.fromEntries(Object.entries(module).filter(([, value]) => value !== undefined))
  const secret = secretOfGuard(guards)
  return { ...(secret && { secret }), ...strategy, ...own }
}

/** The strategy of access tokens: the only one, or the only one that is not named after refresh tokens. */
function accessStrategy({ strategies }: Survey, rest: Rest): JwtStrategy | undefined {
  const named = strategies.filter(
    ({ name, type }) => !/refresh|(?:^|\W)rt(?:\W|$)|^Rt/i.test(`${name} ${type.getName()}`),
  )
  const candidates = strategies.length === 1 ? strategies : named
  if (candidates.length <= 1) return candidates[0]
  for (const { type } of candidates) {
    rest.add(
      'blocks',
      type,
      'There are several strategies of passport-jwt, and it is not certain which of them is for access tokens.',
      'Name the others after what they are for, such as `jwt-refresh`, or move this app by hand (docs/coming-from-passport.md).',
    )
  }
  return undefined
}

/** A guard with a key of its own protects against the very tokens that `JwtGuard` accepts. */
function refuseOtherCheck(
  { type, verifyOptions }: RecipeGuard,
  signing: Node | undefined,
  signedWith: Expression | undefined,
  rest: Rest,
): void {
  const names = verifyOptions === undefined ? [] : memberNames(verifyOptions)
  const own = memberOf(verifyOptions, 'secret') ?? memberOf(verifyOptions, 'publicKey')
  const isAccessKey =
    own === undefined
      ? signing !== undefined
      : (signedWith !== undefined && settingKey(own) === settingKey(signedWith)) ||
        (signing !== undefined && isKeyOf(signing, own))
  const isAlike = names?.every((name) => ['secret', 'publicKey', 'algorithms'].includes(name)) ?? false
  if (isAccessKey && isAlike) return
  rest.add(
    'blocks',
    type,
    isAccessKey
      ? 'This guard checks more, or less, than the key of access tokens.'
      : 'This guard checks tokens of another key than the access tokens of `JwtModule`.',
    'Move this guard by hand (docs/coming-from-nestjs-jwt.md), then run this command again.',
  )
}

/** Whether these modules verify different tokens. */
const areDifferent = (objects: readonly Node[]) => new Set(objects.map(verifiesWith)).size > 1

/** Empty for a module without a key. */
const verifiesWith = (object: Node): string =>
  ['secret', 'privateKey', 'publicKey', 'verifyOptions']
    .flatMap((name) => memberOf(object, name) ?? [])
    .map((value) => `${settingKey(value)}\n`)
    .join('')

function refuseDefaultKeys({ services }: Survey, rest: Rest): void {
  for (const { method, call } of services.flatMap(({ uses }) => uses)) {
    const options = call.getArguments()[1]
    const own = ['secret', 'privateKey', 'publicKey'].some((name) => memberOf(options, name) !== undefined)
    if (own || method === 'decode') continue
    const write = 'Write the secret in the options of this call, then run this command again.'
    const what = '`JwtModule` is set up in several ways, and it is not certain which of them counts here.'
    rest.add('blocks', call, what, write)
  }
}

function refuseOtherAlgorithm(
  { type }: JwtStrategy,
  module: FormerOptions = {},
  strategy: FormerOptions = {},
  rest: Rest,
): void {
  const [signs, verifies] = [module.algorithm, strategy.algorithm]
  if (signs === undefined || verifies === undefined || signs === verifies) return
  const write = 'Write the algorithm of access tokens in both places, then run this command again.'
  rest.add('blocks', type, 'This strategy has another algorithm than `JwtModule`.', write)
}

/** Without `algorithms`, passport-jwt takes a public key too, and what is public must not become a secret. */
function refuseUnknownKind(
  { services }: Survey,
  signing: Node | undefined,
  { secret, algorithm }: FormerOptions,
  rest: Rest,
): void {
  if (secret === undefined || algorithm !== undefined || signing !== undefined) return
  const signs = services.flatMap(({ uses }) => uses).filter(({ method }) => method.startsWith('sign'))
  if (signs.some(({ call }) => isSame(memberOf(call.getArguments()[1], 'secret'), secret))) return
  const write = 'Write `algorithms` in the strategy, then run this command again.'
  rest.add('blocks', secret, 'It is not certain whether this is a secret or a public key.', write)
}

function refuseUnread({ moduleCalls }: Survey, rest: Rest): void {
  for (const call of moduleCalls) {
    const object = optionsObject(call)
    if (object !== undefined) refuseOtherOptions(object, rest)
    else if (call.getArguments().length > 0) {
      rest.add(
        'blocks',
        call,
        'The options of `JwtModule` are not an object that is written here.',
        'Write them as an object literal in `register` or as what `useFactory` returns, then run this command again.',
      )
    }
  }
}
