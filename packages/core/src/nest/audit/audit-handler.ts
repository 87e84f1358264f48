import type { Type } from '@nestjs/common'
import { routeMetadata, type RouteMetadata } from '../decorators/route-metadata.js'
import { classChain } from '../guard/place-handler.js'
import { type Route, readRoute } from '../guard/read-route.js'
import { boundGuards } from '../nest-internals.js'
import type { FoundHandler } from './find-handlers.js'
import { isOurs, type RunningGuards } from './running-guards.js'

/** Who may call a handler, and what decides it. */
export interface Verdict {
  readonly access: 'required' | 'optional' | 'public' | 'open'
  readonly by?: string
  /** Set if a guard of `audit.guards` decides, alone or after `@Public()` has let the call pass `JwtGuard`. */
  readonly isForeign?: true
}

/**
 * Decides over one handler from the guards that Nest runs and from what `JwtGuard` would read. `trusted`: the guards of
 * `audit.guards`.
 */
export function auditHandler(
  audited: FoundHandler,
  guardsRun: RunningGuards,
  trusted: readonly Type[],
): Verdict {
  const onHandler = guardsRun.runsBound ? boundGuards(audited.handler) : []
  const onClass = guardsRun.runsBound ? boundGuards(audited.type) : []
  const binding = whereBound(onHandler, onClass, guardsRun)
  const route = readOrRefused(audited)
  if (route === 'refused') return { access: 'required', by: 'handler_replaced' }
  if (binding !== undefined && route.access === 'required') {
    return { access: 'required', by: closedBy(audited) ?? binding }
  }
  // These do not know our @Public(), so they run all the same.
  const bound = nameOfTrusted([...onHandler, ...onClass], trusted)
  if (bound !== undefined) return { access: 'required', by: bound, isForeign: true }
  const global = nameOfTrusted(
    guardsRun.global.map(({ guard }) => guard),
    trusted,
  )
  if (route.access === 'public') {
    const isOwn = routeMetadata(audited.handler).public === true
    const by = `@Public() on the ${isOwn ? 'handler' : 'class'}`
    // A global guard decides for itself what it lets through, and the audit cannot ask it.
    return global === undefined
      ? { access: 'public', by }
      : { access: 'public', by: `${by}, but ${global} runs too`, isForeign: true }
  }
  if (binding !== undefined) return { access: 'optional', by: closedBy(audited) ?? binding }
  if (global !== undefined) return { access: 'required', by: global, isForeign: true }
  return { access: 'open', ...(guardsRun.reason !== undefined && { by: guardsRun.reason }) }
}

/** A function that took the handler's place is refused at the request. */
function readOrRefused({ type, handler }: FoundHandler): Route | 'refused' {
  try {
    return readRoute(type, handler)
  } catch {
    return 'refused'
  }
}

/** Where `JwtGuard` is bound, the nearest first. */
function whereBound(
  onHandler: readonly unknown[],
  onClass: readonly unknown[],
  { global }: RunningGuards,
): string | undefined {
  if (onHandler.some(isOurs)) return '@UseGuards on the handler'
  if (onClass.some(isOurs)) return '@UseGuards on the class'
  return global.find(({ guard }) => isOurs(guard))?.by
}

/** The decorator that closes a handler, the nearest first; `undefined`: only the guard itself does. */
function closedBy({ type, handler }: FoundHandler): string | undefined {
  const targets: [place: string, said: RouteMetadata][] = [
    ['the handler', routeMetadata(handler)],
    ...classChain(type).map((at, level): [string, RouteMetadata] => [
      level === 0 ? 'the class' : at.name,
      routeMetadata(at),
    ]),
  ]
  for (const [words, isSaid] of CLOSING) {
    const place = targets.find(([, said]) => isSaid(said))?.[0]
    if (place !== undefined) return `${words} on ${place}`
  }
  return undefined
}

const CLOSING: readonly [words: string, isSaid: (said: RouteMetadata) => boolean][] = [
  ['a policy', ({ policies }) => policies !== undefined],
  ['@UseRefreshToken()', ({ refresh }) => refresh === true],
  ['@OptionalAuth()', ({ optional }) => optional === true],
  ['@Public(false)', (said) => said.public === false],
]

/** The name of a guard of `audit.guards` among these. */
function nameOfTrusted(guards: readonly unknown[], trusted: readonly Type[]): string | undefined {
  return trusted.find((type) =>
    guards.some(
      (guard) =>
        guard === type ||
        guard instanceof type ||
        (typeof guard === 'function' && guard.prototype instanceof type),
    ),
  )?.name
}
