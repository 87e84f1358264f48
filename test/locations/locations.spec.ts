import { describe, expect, it } from '@jest/globals'
import type { ExecutionContext } from '@nestjs/common'
import { BaseExceptionFilter } from '@nestjs/core'
import { adapters } from '../support/adapters.js'
import { breakSignature } from '../support/forge.js'
import type { Request } from '../support/http.js'
import {
  found,
  issue,
  malformed,
  missing,
  startLocating,
  withHeader,
  type Locations,
} from '../support/locations.js'
import { refused } from '../support/refusals.js'
import { unhandledRejectionsOf } from '../support/unhandled-rejections.js'

const both = (authorization: string, token: string): Request => ({
  path: '/me',
  headers: [
    ['Authorization', authorization],
    ['X-Token', token],
  ],
})

const customHeader = (context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>()
  return request.headers['x-custom']?.replace(/^v1:/, '')
}

describe.each(adapters)('the query on $name', (adapter) => {
  it.each<[string, Locations[number]]>([
    ['access_token', 'query'],
    ['jwt', { query: 'jwt' }],
  ])('takes the query parameter %s', async (name, location) => {
    const app = await startLocating(adapter, [location])
    const token = await issue(app)

    expect(await app.get(`/me?${name}=${token}`)).toMatchObject(found)
    expect(await app.get('/me')).toMatchObject(missing)
    expect(await app.get(`/me?${name}=${token}&${name}=${token}`)).toMatchObject(malformed)
    expect(await app.get(`/me?${name}=a&${name}=${token}`)).toMatchObject(malformed)
    expect((await app.get(`/me?${name}=`)).status).toBe(401)
    expect((await app.get(`/me?${name}[]=${token}`)).status).toBe(401)
    expect((await app.get(`/me?${name}[x]=${token}`)).status).toBe(401)
  })
})

describe.each(adapters)('a function as location on $name', (adapter) => {
  it('is asked with the execution context', async () => {
    const app = await startLocating(adapter, [customHeader])
    const token = await issue(app)

    expect(await app.send(withHeader('X-Custom', `v1:${token}`))).toMatchObject(found)
    expect(await app.send(withHeader('X-Custom', 'v1:garbage'))).toMatchObject(malformed)
    expect(await app.get('/me')).toMatchObject(missing)
  })
})

/** Keeps the errors that are answered with 500. */
class Errors extends BaseExceptionFilter {
  readonly all: unknown[] = []

  override handleUnknownError(...args: Parameters<BaseExceptionFilter['handleUnknownError']>) {
    this.all.push(args[0])
    super.handleUnknownError(...args)
  }
}

describe.each(adapters)('a function as location that is wrong on $name', (adapter) => {
  const invalid = (message: string) => ({ name: 'JwtAuthUsageError', code: 'location_invalid', message })

  const errorsOf = async (location: () => unknown) => {
    let errors = new Errors()
    const app = await startLocating(adapter, [location as () => string], {
      configure: (nest) => nest.useGlobalFilters((errors = new Errors(nest.getHttpAdapter()))),
    })
    expect((await app.get('/me')).status).toBe(500)
    return errors.all
  }

  it('is an error of the app where it is async, and its rejection does not end the process', async () => {
    let errors: unknown
    const unhandled = await unhandledRejectionsOf(async () => {
      errors = await errorsOf(() => Promise.reject(new Error('boom')))
    })

    expect(errors).toMatchObject([invalid('A location function must not be async, but returned a promise.')])
    expect(unhandled).toEqual([])
  })

  it.each([7, true, null, ['a.b.c'], { token: 'a.b.c' }])(
    'is an error of the app where it returns %j',
    async (value) => {
      expect(await errorsOf(() => value)).toMatchObject([
        invalid('A location function must return the token as a string, or undefined.'),
      ])
    },
  )
})

describe.each(adapters)('several locations on $name', (adapter) => {
  it('are asked in order, and the first that carries anything decides', async () => {
    const app = await startLocating(adapter, ['query', 'header', { header: 'x-token', scheme: null }])
    const good = await issue(app)
    const bad = breakSignature(good)
    const forged = refused(401, 'token_signature_invalid')

    expect(await app.get('/me', good)).toMatchObject(found)
    expect(await app.get(`/me?access_token=${good}`)).toMatchObject(found)
    expect(await app.get(`/me?access_token=${good}`, bad)).toMatchObject(found)
    expect(await app.get(`/me?access_token=${bad}`, good)).toMatchObject(forged)
    expect(await app.send(both('Bearer', good))).toMatchObject(malformed)
    expect(await app.send(both('Basic abc', good))).toMatchObject(found)
  })
})
