import { Controller, Get } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, RequireScopes } from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { challengeOf, refused } from '../support/refusals.js'

@Controller('items')
@RequireScopes('items')
class ItemsController {
  @Get()
  list() {
    return { read: true }
  }

  @Get('delete')
  @RequireScopes('items:delete', 'items:read')
  remove() {
    return { removed: true }
  }
}

const both = 'items items:read items:delete'

const granting: [name: string, scope: unknown][] = [
  ['a text that names all', both],
  ['a text in any order, with more', 'profile items:delete items items:read email'],
  ['a list that names all', both.split(' ')],
]

const denying: [name: string, scope: unknown][] = [
  ['no scope', undefined],
  ['null', null],
  ['an empty text', ''],
  ['an empty list', []],
  ['one of two', 'items items:delete'],
  ['a longer name', 'items items:read items:delete:own'],
  ['a part of the name', 'items items:read items:del'],
  ['other letters', 'items items:read Items:Delete'],
  ['commas', 'items,items:read,items:delete'],
  ['a list with all in one text', [both]],
  ['a wildcard', '*'],
  ['a number', 7],
  ['an object', { items: true, 'items:read': true, 'items:delete': true }],
]

describe.each(adapters)('@RequireScopes() on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET, realm: 'shop' })],
      controllers: [ItemsController],
    })
  })

  const getWith = async (path: string, scope: unknown) =>
    app.get(path, await app.tokens.issueAccessToken('ida', { claims: { scope } }))

  it.each(granting)('is satisfied by %s', async (_, scope) => {
    expect(await getWith('/items/delete', scope)).toMatchObject({ status: 200, body: { removed: true } })
  })

  it.each(denying)('is not satisfied by %s', async (_, scope) => {
    expect(await getWith('/items/delete', scope)).toMatchObject(refused(403, 'insufficient_scope'))
  })

  it('names the required scopes in the challenge', async () => {
    expect(challengeOf(await getWith('/items/delete', 'items'))).toEqual({
      scheme: 'Bearer',
      parameters: {
        realm: 'shop',
        error: 'insufficient_scope',
        error_description: expect.any(String),
        scope: 'items:delete items:read',
      },
    })
  })

  it('adds up with that of the class, and brings the guard', async () => {
    expect(await app.get('/items')).toMatchObject(refused(401, 'token_missing'))
    expect(await getWith('/items', 'items')).toMatchObject({ status: 200 })
    const answer = await getWith('/items/delete', 'items:read items:delete')
    expect(challengeOf(answer)?.parameters['scope']).toBe('items')
  })
})

describe('@RequireScopes() without a valid scope', () => {
  it.each<[string, string[]]>([
    ['none', []],
    ['an empty one', ['']],
    ['two in one text', ['items:read items:delete']],
    ['a quote', ['items"']],
  ])('throws at decoration: %s', (_, scopes) => {
    expect(() => RequireScopes(...(scopes as [string]))).toThrow('RequireScopes')
  })
})
