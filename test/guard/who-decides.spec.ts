import { Agent } from 'node:http'
import { Controller, Get, UseGuards } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { afterAll, describe, expect, it } from '@jest/globals'
import {
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  TokenLocations,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'

type Decorator = ClassDecorator & MethodDecorator
type Access = 'open' | 'optional' | 'required'

const classWords = {
  nothing: [],
  Public: [Public()],
  'Public(false)': [Public(false)],
  OptionalAuth: [OptionalAuth()],
  UseRefreshToken: [UseRefreshToken()],
  policy: [RequireClaims({ role: 'editor' })],
} satisfies Record<string, Decorator[]>

const handlerWords = {
  ...classWords,
  TokenLocations: [TokenLocations('header')],
  UseGuards: [UseGuards(JwtGuard)],
  'Public and UseGuards': [Public(), UseGuards(JwtGuard)],
} satisfies Record<string, Decorator[]>

type ClassWord = keyof typeof classWords
type HandlerWord = keyof typeof handlerWords

interface Case {
  handler: HandlerWord
  /** The class that is written first: the base class where there is a derived one. */
  base: ClassWord
  derived: ClassWord | undefined
  /** Whether the derived class inherits the handler, or has one of its own with these words. */
  isInherited: boolean
  guardOn: 'nothing' | 'base' | 'derived' | 'app'
}

const keysOf = <T extends object>(object: T) => Object.keys(object) as (keyof T)[]

const handlers = keysOf(handlerWords)
const classes = keysOf(classWords)

const ofOneClass: Case[] = handlers.flatMap((handler) =>
  classes.flatMap((base) =>
    (['nothing', 'base', 'app'] as const).map((guardOn) => ({
      handler,
      base,
      derived: undefined,
      isInherited: false,
      guardOn,
    })),
  ),
)

const ofDerivedClasses: Case[] = handlers.flatMap((handler) =>
  classes.flatMap((base) =>
    classes.flatMap((derived) =>
      (['nothing', 'base', 'derived', 'app'] as const).flatMap((guardOn) =>
        [true, false].map((isInherited) => ({ handler, base, derived, isInherited, guardOn })),
      ),
    ),
  ),
)

const cases = [...ofOneClass, ...ofDerivedClasses]

const closing = new Set<HandlerWord>(['Public(false)', 'OptionalAuth', 'UseRefreshToken', 'policy'])

/** The four rules, in their order. */
function expected({ handler, base, derived, isInherited, guardOn }: Case): Access {
  const requested = derived ?? base
  if (isInherited && derived !== undefined && closing.has(derived)) return closed()
  if (handler.startsWith('Public') && handler !== 'Public(false)') return 'open'
  if (handler !== 'nothing') return closed()
  if (requested === 'Public' && base !== 'policy') return 'open'
  if (closing.has(requested)) return closed()
  // Nest binds the guards of a base class to the derived class too, those that our decorators bring among them.
  const isBound = guardOn !== 'nothing' || closing.has(base)
  return isBound ? closed() : 'open'

  function closed(): Access {
    if ([handler, base, derived].includes('policy')) return 'required'
    const isOptional =
      handler === 'OptionalAuth' || (requested === 'OptionalAuth' && handler !== 'Public(false)')
    return isOptional ? 'optional' : 'required'
  }
}

function controllerOf(index: number, { handler, base, derived, isInherited, guardOn }: Case) {
  const decorateHandler = (prototype: { read: () => unknown }, words: Decorator[]) => {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, 'read')!
    for (const decorate of words) decorate(prototype, 'read', descriptor)
    Get()(prototype, 'read', descriptor)
  }
  class Base {
    read() {
      return {}
    }
  }
  class Derived extends Base {}
  class Overriding extends Base {
    override read() {
      return {}
    }
  }
  const Leaf = derived === undefined ? Base : isInherited ? Derived : Overriding
  decorateHandler(Base.prototype, isInherited || derived === undefined ? handlerWords[handler] : [])
  if (Leaf === Overriding) decorateHandler(Overriding.prototype, handlerWords[handler])
  // A base class is complete before a class can be derived from it.
  for (const decorate of classWords[base]) decorate(Base)
  if (guardOn === 'base') UseGuards(JwtGuard)(Base)
  for (const decorate of classWords[derived ?? 'nothing']) decorate(Leaf)
  if (guardOn === 'derived') UseGuards(JwtGuard)(Leaf)
  Controller(`case-${index}`)(Leaf)
  return Leaf
}

interface CaseOfThree {
  handler: 'nothing' | 'Public'
  /** Which of the classes has the handler. */
  declaredBy: 'base' | 'derived'
  base: ClassWord
  middle: ClassWord
  derived: ClassWord
}

const ofThreeClasses: CaseOfThree[] = (['nothing', 'Public'] as const).flatMap((handler) =>
  (['base', 'derived'] as const).flatMap((declaredBy) =>
    (['nothing', 'Public', 'policy'] as const).flatMap((base) =>
      classes.flatMap((middle) =>
        (['nothing', 'Public', 'OptionalAuth'] as const).map((derived) => ({
          handler,
          declaredBy,
          base,
          middle,
          derived,
        })),
      ),
    ),
  ),
)

/** The four rules, in an app with a guard. */
function expectedOfThree({ handler, declaredBy, base, middle, derived }: CaseOfThree): Access {
  const hasPolicy = [base, middle, derived].includes('policy')
  const isClosed = declaredBy === 'base' && (closing.has(middle) || closing.has(derived))
  if (!isClosed) {
    if (handler === 'Public') return 'open'
    if (derived === 'Public' && !hasPolicy) return 'open'
  }
  return derived === 'OptionalAuth' && !hasPolicy ? 'optional' : 'required'
}

function controllerOfThree(index: number, { handler, declaredBy, base, middle, derived }: CaseOfThree) {
  class Base {}
  for (const decorate of classWords[base]) decorate(Base)
  class Middle extends Base {}
  for (const decorate of classWords[middle]) decorate(Middle)
  class Derived extends Middle {}
  const { prototype } = { base: Base, derived: Derived }[declaredBy]
  Object.defineProperty(prototype, 'read', { value: () => ({}), configurable: true, writable: true })
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'read')!
  for (const decorate of handlerWords[handler]) decorate(prototype, 'read', descriptor)
  Get()(prototype, 'read', descriptor)
  for (const decorate of classWords[derived]) decorate(Derived)
  Controller(`case-${index}`)(Derived)
  return Derived
}

/** Nothing here depends on the adapter, and there are many cases. */
const [, fastify] = adapters

describe('who decides over a handler', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  afterAll(() => agent.destroy())

  async function accessAt(app: RunningApp, index: number): Promise<Access | string> {
    const path = `/case-${index}`
    const anonymous = await app.send({ path, agent })
    if (anonymous.status === 401) return 'required'
    const forged = await app.send({ path, agent, headers: [['Authorization', 'Bearer forged']] })
    const statuses = `${anonymous.status} ${forged.status}`
    const known: Record<string, Access> = { '200 200': 'open', '200 401': 'optional' }
    return known[statuses] ?? statuses
  }

  it.each(['nothing', 'base', 'derived', 'app'] as const)('with a guard on: %s', async (guardOn) => {
    const chosen = cases.filter((one) => one.guardOn === guardOn)
    const app = await startApp(fastify!, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: chosen.map((one, index) => controllerOf(index, one)),
      providers: guardOn === 'app' ? [{ provide: APP_GUARD, useExisting: JwtGuard }] : [],
    })
    const found = await Promise.all(
      chosen.map(async (one, index) => ({ ...one, access: await accessAt(app, index) })),
    )

    expect(chosen.length).toBeGreaterThan(600)
    expect(found.filter((one) => one.access !== expected(one))).toEqual([])
    logs.clear()
  })

  it('with a class in between', async () => {
    const app = await startApp(fastify!, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: ofThreeClasses.map((one, index) => controllerOfThree(index, one)),
      providers: [{ provide: APP_GUARD, useExisting: JwtGuard }],
    })
    const found = await Promise.all(
      ofThreeClasses.map(async (one, index) => [one, await accessAt(app, index)]),
    )

    expect(found).toEqual(ofThreeClasses.map((one) => [one, expectedOfThree(one)]))
    logs.clear()
  })
})
