import { Controller, Get, type Type } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, type JwtClaims, RequireClaims } from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { forgeToken, readToken, SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { refused } from '../support/refusals.js'

type Wanted = Parameters<typeof RequireClaims>[0]
type Case = [name: string, wanted: Wanted, claims: Record<string, unknown>]

const own = (name: string, value: unknown): Record<string, unknown> => Object.fromEntries([[name, value]])

const fail = (): never => {
  throw new Error('the predicate failed')
}

const ownsTeam = (team: unknown, claims: JwtClaims) => team === claims['owned_team']

const passing: Case[] = [
  ['an equal text', { plan: 'pro' }, { plan: 'pro' }],
  ['an equal number', { level: 3 }, { level: 3 }],
  ['zero', { level: 0 }, { level: 0 }],
  ['an equal false', { banned: false }, { banned: false }],
  ['a claim that is null', { nick: null }, { nick: null }],
  ['a value among those of the claim', { roles: 'admin' }, { roles: ['editor', 'admin'] }],
  ['a claim among the wanted values', { role: ['admin', 'editor'] }, { role: 'editor' }],
  ['two lists with a common element', { roles: ['admin', 'editor'] }, { roles: ['editor', 'reader'] }],
  ['several claims that all match', { plan: 'pro', level: 3 }, { plan: 'pro', level: 3 }],
  ['a predicate that answers true', { level: (level: unknown) => level === 3 }, { level: 3 }],
  ['a predicate that compares with another claim', { team: ownsTeam }, { team: 'a', owned_team: 'a' }],
  ['an own claim named constructor', own('constructor', 'x'), own('constructor', 'x')],
]

const denied: Case[] = [
  ['another text', { plan: 'pro' }, { plan: 'free' }],
  ['a text for a number', { level: 3 }, { level: '3' }],
  ['a text for a boolean', { is_admin: true }, { is_admin: 'true' }],
  ['one for true', { is_admin: true }, { is_admin: 1 }],
  ['null for false', { banned: false }, { banned: null }],
  ['a missing claim', { is_admin: true }, {}],
  ['a missing claim wanted false', { banned: false }, {}],
  ['a missing claim wanted null', { nick: null }, {}],
  ['a list without the value', { roles: 'admin' }, { roles: ['editor'] }],
  ['an empty list', { roles: ['admin'] }, { roles: [] }],
  ['no wanted value', { roles: [] }, { roles: ['admin'] }],
  ['lists with nothing in common', { roles: ['admin'] }, { roles: ['editor', 'reader'] }],
  ['a part of the text', { role: 'admin' }, { role: 'administrator' }],
  ['a list as text', { roles: ['admin'] }, { roles: 'admin,editor' }],
  ['one of several that does not match', { plan: 'pro', level: 3 }, { plan: 'pro', level: 2 }],
  ['a predicate that answers false', { level: () => false }, { level: 3 }],
  ['a predicate that answers something truthy', { level: () => 'yes' as unknown as boolean }, { level: 3 }],
  ['a predicate that answers one', { level: () => 1 as unknown as boolean }, { level: 3 }],
  [
    'a predicate that answers nothing',
    { level: (() => undefined) as unknown as () => boolean },
    { level: 3 },
  ],
  ['a predicate that compares with another claim', { team: ownsTeam }, { team: 'a', owned_team: 'b' }],
  ['a predicate that throws', { level: fail }, { level: 3 }],
  ['a predicate that answers false later', { level: () => Promise.resolve(false) }, { level: 3 }],
  ['a predicate that fails later', { level: () => Promise.reject(new Error('later')) }, { level: 3 }],
  ['a predicate for a missing claim', { level: () => true }, {}],
  ['a predicate for constructor, which is no claim', own('constructor', () => true), {}],
  ['a predicate for toString, which is no claim', own('toString', () => true), {}],
  ['a predicate for __proto__, which is no claim', own('__proto__', () => true), {}],
  ['the constructor of all objects', own('constructor', Object), {}],
]

const controllerFor = (kind: string) => (one: Case, index: number) => {
  @Controller(`${kind}/${index}`)
  class CaseController {
    @Get()
    @RequireClaims(one[1])
    read() {
      return { read: true }
    }
  }
  return CaseController as Type
}

const indexed = (cases: Case[]) => cases.map(([name, , claims], index) => ({ name, claims, index }))

@Controller('admin')
class AdminController {
  @Get()
  @RequireClaims({ is_admin: true })
  read() {
    return { read: true }
  }
}

describe.each(adapters)('@RequireClaims() on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [
        AdminController,
        ...passing.map(controllerFor('passing')),
        ...denied.map(controllerFor('denied')),
      ],
    })
  })

  beforeEach(() => logs.clear())

  const issue = (claims: Record<string, unknown>) => app.tokens.issueAccessToken('ida', { claims })

  it.each(indexed(passing))('passes $name', async ({ claims, index }) => {
    expect(await app.get(`/passing/${index}`, await issue(claims))).toMatchObject({ status: 200 })
  })

  it.each(indexed(denied))('denies $name', async ({ claims, index }) => {
    const answer = await app.get(`/denied/${index}`, await issue(claims))

    expect(answer).toMatchObject(refused(403, 'insufficient_claims'))
  })

  it('logs the error of a predicate', async () => {
    const index = denied.findIndex(([, wanted]) => Object.values(wanted).includes(fail))
    const answer = await app.get(`/denied/${index}`, await issue({ level: 3 }))

    expect(logs.text()).toContain('the predicate failed')
    expect(answer.text).not.toContain('the predicate failed')
  })

  it('does not match a claim named __proto__', async () => {
    const { header, claims } = readToken(await issue({}))
    const payload = JSON.stringify(claims).replace(/}$/, ',"__proto__":{"is_admin":true}}')
    const answer = await app.get('/admin', forgeToken(header, payload))

    expect([401, 403]).toContain(answer.status)
  })
})
